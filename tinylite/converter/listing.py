"""Graphs as text, a line an op, to be read and compared between stages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..model import Graph, Tensor
from .shapes import partial_shape
from .tf_graph import TfGraph

__all__ = ["listing", "tf_listing"]


def tf_listing(graph: TfGraph) -> str:
    """The nodes of a TensorFlow graph in an order in which they can run."""
    lines = [f"inputs: {', '.join(edge.name for edge in graph.inputs)}", f"outputs: {', '.join(edge.name for edge in graph.outputs)}"]
    for node in graph.nodes():
        attributes = {name: _short(value) for name, value in sorted(node.attributes.items()) if not name.startswith("_")}
        lines.append(f"{node.name} = {node.op}({', '.join(edge.name for edge in node.inputs)}) {attributes}")
    return "\n".join(lines) + "\n"


def listing(graphs: Sequence[Graph]) -> str:
    """The ops of graphs, with the shapes and types of their outputs and the options that are set."""
    lines = []
    for number, graph in enumerate(graphs):
        lines.append(f"graph {number} {graph.name}: {_tensors(graph.inputs)} -> {_tensors(graph.outputs)}")
        for op in graph.ops:
            options = dict(op.options.fields) if op.options is not None else {}
            inputs = ", ".join("-" if tensor is None else _tensor(tensor) for tensor in op.inputs)
            lines.append(f"  {_tensors(op.outputs)} = {op.name}({inputs}) {_named(options)}")
    return "\n".join(lines) + "\n"


def _named(options: dict[str, object]) -> dict[str, object]:
    return {name: value.name if isinstance(value, Graph) else value for name, value in options.items()}


def _tensors(tensors: Sequence[Tensor]) -> str:
    return ", ".join(map(_tensor, tensors))


def _tensor(tensor: Tensor) -> str:
    shape = partial_shape(tensor)
    text = f"{tensor.name}: {tensor.type}{'?' if shape is None else list(shape)}"
    return f"{text} = {_short(tensor.data)}" if tensor.is_constant and tensor.is_numeric and tensor.data is not None else text


def _short(value: object) -> object:
    """A value for people: large arrays by their shape and range."""
    if not isinstance(value, np.ndarray):
        return value
    if value.size <= 8 or value.dtype.kind not in "fiub":
        return value.tolist() if value.size <= 8 else f"<{value.dtype} {list(value.shape)}>"
    return f"<{value.dtype} {list(value.shape)} from {value.min():.4g} to {value.max():.4g}>"
