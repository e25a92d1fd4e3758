"""Squared differences, and L2 and layer normalisation, where they are spelled out."""

from __future__ import annotations

from typing import Any

from ..model import Graph, Op, Tensor
from .graph_pass import changes_bits, keeps_bits
from .matching import Found, rewrite
from .uses import Uses

__all__ = ["recognize_l2_normalization", "recognize_layer_normalization", "recognize_squared_difference"]


@keeps_bits
def recognize_squared_difference(graph: Graph) -> int:
    """The square of a difference."""

    def make(found: Found, op: Op) -> Op | None:
        return Op("SQUARED_DIFFERENCE", [found["x"], found["y"]], op.outputs) if found["x"].type == "FLOAT32" else None

    difference = ("SUB", "x", "y")
    return rewrite(graph, [("SQUARE", difference), ("MUL", difference, difference)], make)


@changes_bits
def recognize_l2_normalization(graph: Graph) -> int:
    """x / sqrt(max(sum(x * x), epsilon)) along the last dimension.

    The operator has its own epsilon (1e-6 for the norm): vectors shorter than that come out different.
    """
    uses = Uses(graph)

    def make(found: Found, op: Op) -> Op | None:
        x = found["x"]
        total = uses.producer(found["total"], "SUM")
        axes = total.inputs[1].data if total is not None and total.inputs[1] is not None else None
        if axes is None or total is None or total.options is None or not total.options.keep_dims or found.get("#epsilon", 0) > 1e-6:
            return None
        last = len(x.shape) - 1
        if [int(axis) % len(x.shape) for axis in axes.reshape(-1)] != [last] or x.dynamic_shape != op.outputs[0].dynamic_shape:
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


@changes_bits
def recognize_layer_normalization(graph: Graph) -> int:
    """x k - m k becomes (x - m) k, which is an operation less, or two, and loses fewer digits where m is large."""

    def make(found: Found, op: Op) -> list[Op] | None:
        x, mean, factor, offset = found["x"], found["mean"], found["factor"], found.get("offset")
        if x.type != "FLOAT32" or mean.is_constant or x.dynamic_shape != op.outputs[0].dynamic_shape:
            return None
        centered, scaled = (
            Tensor(f"{op.outputs[0].name}/{name}", x.shape, x.type, shape_signature=x.shape_signature, has_rank=True)
            for name in ("centered", "scaled")
        )
        plain: dict[str, Any] = {"fused_activation_function": "NONE"}
        if offset is None:
            return [Op("SUB", [x, mean], [centered], **plain), Op("MUL", [centered, factor], op.outputs, **plain)]
        return [
            Op("SUB", [x, mean], [centered], **plain), Op("MUL", [centered, factor], [scaled], **plain),
            Op("ADD", [scaled, offset], op.outputs, **plain),
        ]  # fmt: skip

    scaled, shift = ("MUL", "x", "factor"), ("MUL", "mean", "factor")
    negated = ("MUL", ("NEG", "mean"), "factor")
    return rewrite(graph, [("ADD", scaled, negated), ("ADD", scaled, ("SUB", "offset", shift)), ("SUB", scaled, shift)], make)
