"""Let a matrix product work on rows of any number of dimensions, where they are flattened before it and given back behind it."""

from __future__ import annotations

from ..model import Graph, Op
from .uses import Uses, has, signature

__all__ = ["keep_dimensions"]


def keep_dimensions(graph: Graph) -> int:
    """RESHAPE, FULLY_CONNECTED, RESHAPE become a FULLY_CONNECTED that keeps its input's dimensions; gives how many did."""
    if not has(graph, "FULLY_CONNECTED"):
        return 0
    uses, kept = Uses(graph), 0
    for op in list(graph.ops):
        if op.code != "FULLY_CONNECTED" or op.options is None:
            continue
        before, after = uses.producer(op.inputs[0], "RESHAPE"), uses.after(op.outputs[0], "RESHAPE")
        source, weights = before.inputs[0] if before is not None else op.inputs[0], op.inputs[1]
        if after is None or source is None or weights is None:
            continue
        out, depth = weights.shape
        if signature(source)[-1:] != (depth,) or signature(after.outputs[0]) != (*signature(source)[:-1], out):
            continue
        options = {**dict(op.options.items()), "keep_num_dims": True}
        uses.replace([op, after], Op(op.code, [source, *op.inputs[1:]], after.outputs, **options))
        kept += 1
    uses.apply()
    return kept
