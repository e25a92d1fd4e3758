"""Squared differences and L2 normalisation, where they are spelled out."""

from __future__ import annotations

from ..model import Graph, Op
from .matching import Found, rewrite
from .uses import Uses, signature

__all__ = ["recognize_l2_normalization", "recognize_squared_difference"]


def recognize_squared_difference(graph: Graph) -> int:
    """The square of a difference."""

    def make(found: Found, op: Op) -> Op | None:
        return Op("SQUARED_DIFFERENCE", [found["x"], found["y"]], op.outputs) if found["x"].type == "FLOAT32" else None

    difference = ("SUB", "x", "y")
    return rewrite(graph, [("SQUARE", difference), ("MUL", difference, difference)], make)


def recognize_l2_normalization(graph: Graph) -> int:
    """x / sqrt(max(sum(x * x), epsilon)) along the last dimension.

    The operator has an epsilon of its own (1e-6 for the norm): vectors shorter than that come out different.
    """
    uses = Uses(graph)

    def make(found: Found, op: Op) -> Op | None:
        x = found["x"]
        total = uses.producer(found["total"], "SUM")
        axes = total.inputs[1].data if total is not None and total.inputs[1] is not None else None
        if axes is None or total is None or total.options is None or not total.options.keep_dims or found.get("#epsilon", 0) > 1e-6:
            return None
        last = len(x.shape) - 1
        if [int(axis) % len(x.shape) for axis in axes.reshape(-1)] != [last] or signature(x) != signature(op.outputs[0]):
            return None
        square = uses.producer(total.inputs[0], "SQUARE", "MUL")
        if square is None or any(tensor is not x for tensor in square.inputs):
            return None
        return Op("L2_NORMALIZATION", [x], op.outputs, fused_activation_function="NONE")

    floor = ("MAXIMUM", "total", "#epsilon")
    patterns = [
        ("MUL", "x", ("RSQRT", floor)),
        ("MUL", "x", ("RSQRT", "total")),
        ("DIV", "x", ("SQRT", floor)),
        ("DIV", "x", ("SQRT", "total")),
    ]
    return rewrite(graph, patterns, make)
