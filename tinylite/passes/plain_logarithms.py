"""ln(x + 1) by its plain formula: what the longer one of converted graphs adds for small x is less than a step of 8 bits."""

from __future__ import annotations

from ..model import Graph, Op
from .eliminate_dead_ops import eliminate_dead_ops
from .graph_pass import changes_bits
from .matching import Found, rewrite

__all__ = ["plain_logarithms"]

_BEFORE = ("ADD", "sum", -1.0)
_LONG = ("ADD", ("LOG", "sum"), ("DIV", ("SUB", "x", _BEFORE), "sum"))
_PATTERNS = [("SELECT_V2", ("EQUAL", _BEFORE, "x"), ("LOG", "sum"), _LONG), _LONG]


@changes_bits
def plain_logarithms(graph: Graph) -> int:
    """Replace the longer formula in quantized models; returns the number replaced."""

    def make(found: Found, op: Op) -> Op:
        return Op("LOG", [found["sum"]], op.outputs)

    made = sum(rewrite(graph, [pattern], make) for pattern in _PATTERNS)
    if made:
        eliminate_dead_ops(graph)
    return made
