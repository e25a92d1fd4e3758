"""Remove ops whose outputs have no consumers."""

from __future__ import annotations

from ..model import Graph, Op, called_graphs
from ..ops import facts_of
from .graph_pass import keeps_bits

__all__ = ["eliminate_dead_ops"]


@keeps_bits
def eliminate_dead_ops(graph: Graph) -> int:
    """Remove ops whose outputs are neither read nor given out, unless they change a variable; returns their number."""
    needed = {id(tensor) for tensor in graph.outputs}
    kept = []
    for op in reversed(graph.ops):
        if _changes_state(op) or not op.outputs or any(id(tensor) in needed for tensor in op.outputs):
            kept.append(op)
            needed |= {id(tensor) for tensor in op.inputs if tensor is not None}
    dropped = len(graph.ops) - len(kept)
    graph.ops = kept[::-1]
    return dropped


def _changes_state(op: Op) -> bool:
    if any(tensor is not None and (tensor.is_variable or tensor.type == "RESOURCE") for tensor in op.inputs):
        return True
    return any(facts_of(inner).writes for called in op.graphs for graph in called_graphs(called) for inner in graph.ops)
