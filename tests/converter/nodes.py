"""Graphs written node by node, without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinylite.converter.call import Settings
from tinylite.converter.conversion import Arrays, Conversion
from tinylite.files.graphdef import GraphDef, Node
from tinylite.model import Model

__all__ = ["Nodes", "codes", "signatures"]

_TYPES = {"float32": "FLOAT32", "int32": "INT32", "int64": "INT64", "bool": "BOOL", "int16": "INT16"}


class Nodes:
    """A graph while it is written; every method returns the name of a node."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.inputs: list[str] = []

    def input(self, *shape: int, dtype: str = "float32") -> str:
        """A placeholder; -1 for unknown dimensions."""
        name = f"x{len(self.inputs)}"
        self.nodes.append(Node(name, "Placeholder", [], {"dtype": _TYPES[dtype], "shape": shape}))
        self.inputs.append(name)
        return name

    def constant(self, value: Any, dtype: str | None = None) -> str:
        array = np.asarray(value, dtype or (np.float32 if np.asarray(value).dtype.kind == "f" else np.int32))
        return self.add("Const", value=array, dtype=_TYPES[array.dtype.name])

    def add(self, op: str, *inputs: Any, **attributes: Any) -> str:
        """A node; inputs that are not names become constants."""
        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(Node(name, op, names, attributes))
        return name

    def convert(self, *outputs: str, **settings: Any) -> Model:
        graph = GraphDef(self.nodes, {})
        return Conversion(graph, Arrays(self.inputs), Arrays(list(outputs)), settings=Settings(**settings)).model


def codes(model: Model) -> str:
    return " ".join(op.name for op in model.graph.ops)


def signatures(model: Model) -> Sequence[tuple[int, ...]]:
    return [tensor.shape_signature or tensor.shape for tensor in model.graph.outputs]
