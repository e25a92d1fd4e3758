"""The passes that make a freshly translated graph small: what the converter runs."""

from __future__ import annotations

from collections.abc import Callable

from ..model import Graph
from .drop_unused_ops import drop_unused_ops
from .fold_into_weights import fold_into_weights
from .fuse_activations import fuse_activations
from .merge_equal_ops import merge_equal_ops, share_constants
from .merge_moves import merge_reshapes, merge_transposes
from .merge_pads import merge_pads

__all__ = ["OPTIMIZE", "optimize"]

Pass = Callable[[Graph], int]
Watch = Callable[[str, Graph, int], None]

# What one makes possible for another comes again in the next round.
OPTIMIZE: tuple[Pass, ...] = (
    drop_unused_ops, share_constants, merge_equal_ops, merge_reshapes, merge_transposes, fold_into_weights, merge_pads, fuse_activations,
)  # fmt: skip
_MOST_ROUNDS = 10


def optimize(graph: Graph, passes: tuple[Pass, ...] = OPTIMIZE, watch: Watch | None = None) -> dict[str, int]:
    """Run passes until none finds anything to do; gives how many changes each made. `watch` hears of each that made some."""
    made = dict.fromkeys((change.__name__ for change in passes), 0)
    for _ in range(_MOST_ROUNDS):
        before = dict(made)
        for change in passes:
            count = change(graph)
            made[change.__name__] += count
            if count and watch is not None:
                watch(change.__name__, graph, count)
        if made == before:
            break
    used = {id(tensor) for tensor in Graph(None, graph.inputs, graph.outputs, graph.ops).all_tensors()}
    graph.tensors = [tensor for tensor in graph.all_tensors() if id(tensor) in used]
    return made
