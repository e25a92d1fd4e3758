"""A Model as a Graphviz picture, for those who ask the converter for GRAPHVIZ_DOT."""

from __future__ import annotations

from ..model import Model, Tensor
from .shapes import partial_shape

__all__ = ["dot"]


def dot(model: Model) -> str:
    """The ops of all graphs as boxes, and the tensors between them as arrows with their shapes."""
    lines = ["digraph model {", '  node [shape=box, fontname="sans-serif"];']
    for number, graph in enumerate(model.graphs):
        lines += [f"  subgraph cluster_{number} {{", f"    label={_quoted(graph.name or f'graph {number}')};"]
        makers = {id(tensor): f"in_{number}_{index}" for index, tensor in enumerate(graph.inputs)}
        lines += [f"    in_{number}_{index} [label={_quoted(tensor.name)}, shape=ellipse];" for index, tensor in enumerate(graph.inputs)]
        for index, op in enumerate(graph.ops):
            name = f"op_{number}_{index}"
            makers.update((id(tensor), name) for tensor in op.outputs)
            lines.append(f"    {name} [label={_quoted(op.name)}];")
            for tensor in op.inputs:
                if tensor is not None and id(tensor) in makers:
                    lines.append(f"    {makers[id(tensor)]} -> {name} [label={_quoted(_shape(tensor))}];")
        for index, tensor in enumerate(graph.outputs):
            lines.append(f"    out_{number}_{index} [label={_quoted(tensor.name)}, shape=ellipse];")
            if id(tensor) in makers:
                lines.append(f"    {makers[id(tensor)]} -> out_{number}_{index} [label={_quoted(_shape(tensor))}];")
        lines.append("  }")
    return "\n".join([*lines, "}", ""])


def _shape(tensor: Tensor) -> str:
    signature = partial_shape(tensor)
    return "?" if signature is None else "x".join("?" if size < 0 else str(size) for size in signature)


def _quoted(text: str | None) -> str:
    return '"' + (text or "").replace("\\", "\\\\").replace('"', '\\"') + '"'
