"""Model to Model: rewrites that leave a graph's results as they are, bit for bit.

A pass is a module of this folder with one function of its own name, which edits a Graph in place and gives the number
of changes that it made. The engine runs `SIMPLIFY` on a copy of the graph before it plans it.
"""

from __future__ import annotations

from collections.abc import Callable

from ..model import Graph
from .drop_unused_ops import drop_unused_ops
from .fuse_activations import fuse_activations
from .update_in_place import update_in_place

__all__ = ["SIMPLIFY", "drop_unused_ops", "fuse_activations", "simplified", "update_in_place"]

Pass = Callable[[Graph], int]

# In the order they run: what is replaced can be dropped, and what is dropped need not be fused.
SIMPLIFY: tuple[Pass, ...] = (update_in_place, drop_unused_ops, fuse_activations)


def simplified(graph: Graph) -> Graph:
    """A graph of the same tensors with fewer ops; the one given stays as it is."""
    copied = Graph(graph.name, list(graph.inputs), list(graph.outputs), list(graph.ops), graph.tensors, graph.debug_metadata_index)
    for change in SIMPLIFY:
        change(copied)
    return copied
