"""Activations that are spelled out in elementary ops, given back the operator that they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..model import Graph, Op, Tensor
from .graph_pass import changes_bits
from .matching import Found, rewrite
from .uses import constant

__all__ = ["fuse_gelu", "recognize_hard_swish", "recognize_leaky_relu", "recognize_prelu", "recognize_relu"]

_ROOT_HALF = math.sqrt(0.5)


def _unary(code: str, **options: Any) -> Callable[[Found, Op], Op | None]:
    """An op of one input in the place of another, if the shape stays as it is."""

    def make(found: Found, op: Op) -> Op | None:
        x = found["x"]
        return Op(code, [x], op.outputs, **options) if x.dynamic_shape == op.outputs[0].dynamic_shape and x.type == "FLOAT32" else None

    return make


@changes_bits
def recognize_relu(graph: Graph) -> int:
    """max(x, 0), min(relu(x), 6), and clips to 0..1 and -1..1."""
    return (
        rewrite(graph, [("MINIMUM", ("MAXIMUM", "x", -1.0), 1.0), ("MAXIMUM", ("MINIMUM", "x", 1.0), -1.0)], _unary("RELU_N1_TO_1"))
        + rewrite(graph, [("MINIMUM", ("RELU", "x"), 6.0), ("MINIMUM", ("MAXIMUM", "x", 0.0), 6.0), ("RELU", ("MINIMUM", "x", 6.0)),
                          ("MAXIMUM", ("MINIMUM", "x", 6.0), 0.0)], _unary("RELU6"))
        + rewrite(graph, [("MINIMUM", ("RELU", "x"), 1.0), ("MINIMUM", ("MAXIMUM", "x", 0.0), 1.0), ("RELU", ("MINIMUM", "x", 1.0)),
                          ("MAXIMUM", ("MINIMUM", "x", 1.0), 0.0)], _unary("RELU_0_TO_1"))
        + rewrite(graph, [("MAXIMUM", "x", 0.0)], _unary("RELU"))
    )  # fmt: skip


@changes_bits
def recognize_hard_swish(graph: Graph) -> int:
    """x * relu6(x + 3) / 6, divided wherever."""
    gate = ("RELU6", ("ADD", "x", 3.0))
    sixth = 1 / 6
    patterns = [("MUL", ("MUL", "x", gate), sixth), ("MUL", "x", ("MUL", gate, sixth)), ("MUL", ("MUL", "x", sixth), gate)]
    return rewrite(graph, patterns, _unary("HARD_SWISH"))


@changes_bits
def fuse_gelu(graph: Graph) -> int:
    """x times the normal distribution up to x: by erf or erfc, or by tanh of a polynomial."""
    half = ("MUL", "x", 0.5)
    erf = ("ADD", ("Erf", ("MUL", "x", _ROOT_HALF)), 1.0)
    erfc = [("Erfc", ("MUL", ("NEG", "x"), _ROOT_HALF)), ("Erfc", ("NEG", ("MUL", "x", _ROOT_HALF))), ("Erfc", ("MUL", "x", -_ROOT_HALF))]
    cubes = [("MUL", ("SQUARE", "x"), "x"), ("MUL", ("MUL", "x", "x"), "x"), ("POW", "x", 3.0)]
    tanhs = [
        ("ADD", ("TANH", ("MUL", ("ADD", "x", ("MUL", cube, 0.044715)), math.sqrt(2 / math.pi))), 1.0) for cube in cubes
    ]  # fmt: skip

    def halved(inner: tuple[object, ...]) -> list[tuple[object, ...]]:
        return [("MUL", half, inner), ("MUL", "x", ("MUL", inner, 0.5)), ("MUL", ("MUL", "x", inner), 0.5)]

    exact = [pattern for inner in (erf, *erfc) for pattern in halved(inner)]
    approximate = [pattern for inner in tanhs for pattern in halved(inner)]
    return rewrite(graph, exact, _unary("GELU", approximate=False)) + rewrite(graph, approximate, _unary("GELU", approximate=True))


@changes_bits
def recognize_leaky_relu(graph: Graph) -> int:
    """max(x, a x) with 0 < a < 1."""

    def make(found: Found, op: Op) -> Op | None:
        alpha = found["#alpha"]
        return Op("LEAKY_RELU", [found["x"]], op.outputs, alpha=alpha) if 0 < alpha < 1 else None

    return rewrite(graph, [("MAXIMUM", "x", ("MUL", "x", "#alpha"))], make)


@changes_bits
def recognize_prelu(graph: Graph) -> int:
    """relu(x) - a relu(-x) with a constant slope for each element, as Keras spells it."""

    def make(found: Found, op: Op) -> Op | None:
        slope = constant(found["slope"])
        if slope is None or found["x"].dynamic_shape != op.outputs[0].dynamic_shape or slope.ndim > len(op.outputs[0].shape):
            return None
        alpha = Tensor(f"{op.outputs[0].name}/alpha", has_rank=True)
        alpha.data = np.ascontiguousarray(-slope.reshape(slope.shape[1:] if slope.ndim == len(op.outputs[0].shape) else slope.shape))
        return Op("PRELU", [found["x"], alpha], op.outputs)

    return rewrite(graph, [("ADD", ("RELU", "x"), ("MUL", "slope", ("RELU", ("NEG", "x"))))], make)
