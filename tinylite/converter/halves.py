"""Graphs that compute in 16-bit floats, as the same graphs in FLOAT32: few operators have kernels for 16 bits."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..files.graphdef import Function, FunctionRef, GraphDef, Node

__all__ = ["HALVES", "in_float32"]

_log = logging.getLogger("tinylite")
HALVES = ("FLOAT16", "BFLOAT16")


def in_float32(graph: GraphDef) -> GraphDef:
    """The graph with FLOAT32 in place of FLOAT16 and BFLOAT16, its inputs and outputs among it; itself if it has none of these."""
    nodes = [*graph.nodes, *(node for function in graph.functions.values() for node in function.nodes)]
    found = sorted({half for node in nodes for half in HALVES if _has(node.attributes.values(), half)})
    if not found:
        return graph
    _log.warning("The graph computes in %s, and the file in FLOAT32: its inputs and outputs are FLOAT32, too", " and ".join(found))
    functions = {name: _function(function) for name, function in graph.functions.items()}
    return replace(graph, nodes=[_node(node) for node in graph.nodes], functions=functions)


def _has(values: Any, half: str) -> bool:
    return any(isinstance(item, str) and item == half for value in values for item in (value if isinstance(value, list) else [value]))


def _function(function: Function) -> Function:
    args, results = ([(name, _wide(type)) for name, type in side] for side in (function.args, function.results))
    nodes, attributes = [_node(node) for node in function.nodes], _attributes(function.attributes)
    return replace(function, args=args, results=results, nodes=nodes, attributes=attributes)


def _node(node: Node) -> Node:
    made = replace(node, attributes=_attributes(node.attributes))
    type, value = node.attributes.get("dtype"), node.attributes.get("value")
    # A graph may contradict itself: only numbers of 16 bits are BFLOAT16's.
    if node.op == "Const" and isinstance(type, str) and type == "BFLOAT16" and isinstance(value, np.ndarray) and value.dtype == np.uint16:
        made.attributes["value"] = np.asarray(value.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return made


def _attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _wide(value) for name, value in attributes.items()}


def _wide(value: Any) -> Any:
    if isinstance(value, str):
        return "FLOAT32" if value in HALVES else value
    if isinstance(value, list):
        return [_wide(item) for item in value]
    if isinstance(value, FunctionRef):
        return replace(value, attributes=_attributes(value.attributes))
    return value.astype(np.float32) if isinstance(value, np.ndarray) and value.dtype == np.float16 else value
