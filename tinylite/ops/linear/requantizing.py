"""How int32 sums become 8-bit outputs: the factors of a rule (arithmetic/), and the words that kernels read of them (epilogues.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...arithmetic import Arithmetic, Rule
from ...errors import SettingError, nearest, quoted
from ...quantization_math import quantize_multiplier
from ..common.operator import Node, Value
from ..common.quantization_params import LIMITS, scale_and_zero
from .conditions import CONDITIONS
from .packing import padded

__all__ = ["FACTORS", "Requantization", "check_rule", "choose_rule", "factor_words"]


class Requantization(NamedTuple):
    """Sums times real factors, float64 [columns], rounded by a method, a key of EPILOGUES; then + zero, within low..high.

    `block`: see Rule.
    """

    factors: np.ndarray
    method: str
    zero: int
    low: int
    high: int
    block: int = 1


def check_rule(rule: Rule) -> None:
    """Raise SettingError for a rule that names no method, factor, limits or layers that there are."""
    from ...kernels.epilogues import EPILOGUES

    names = (
        ("method", rule.method, [*EPILOGUES]), ("factor", rule.factor, [*FACTORS]), ("limits", rule.limits, [*LIMITS]),
        ("condition", rule.where, ["", *CONDITIONS]),
    )  # fmt: skip
    for what, given, known in names:
        if given not in known:
            remedy = nearest(given, known) or f"There are: {', '.join(map(repr, known))}"
            raise SettingError(f"the arithmetic's rule has the {what} {quoted(given)}", remedy)


def choose_rule(
    arithmetic: Arithmetic, reference: Rule, node: Node, input: Value, weights: Value, bias: Value | None, output: Value
) -> Rule:
    """How an arithmetic requantizes a layer, whose rule in the reference kernels is `reference`.

    Raises UnprovenError where it is not proven, and SettingError for a rule that names what there is not.
    """
    rule: Rule | None = arithmetic.rule(node.op.code, output.type, reference)
    where = ""
    while rule is not None:
        check_rule(rule)
        where = rule.where
        if not where or CONDITIONS[where](node, input, weights, bias):
            return rule
        rule = rule.other
    arithmetic.refuse(node.op.code, output.type, where)


def factor_words(how: Requantization) -> Callable[[slice, int], np.ndarray]:
    """(columns, width) -> the factors of these columns as a kernel's header has them after the biases: int32 [3 * width]."""
    from ...kernels.epilogues import EPILOGUES

    return _FORMATS[EPILOGUES[how.method].factors](how)


def _rows(*rows: np.ndarray) -> Callable[[slice, int], np.ndarray]:
    return lambda chosen, width: np.concatenate([padded(row[chosen], width, np.int32) for row in rows])


def _fixed(how: Requantization) -> Callable[[slice, int], np.ndarray]:
    multiplier, shift = quantize_multiplier(how.factors)
    return _rows(multiplier, np.maximum(shift, 0), np.maximum(-shift, 0))


def _marked(how: Requantization) -> Callable[[slice, int], np.ndarray]:
    multiplier, shift = quantize_multiplier(how.factors)
    right, whole = np.maximum(-shift, 0), len(shift) // how.block * how.block
    return _rows(multiplier, np.maximum(shift, 0), np.where(np.arange(len(shift)) < whole, right, ~right))


def _once(how: Requantization) -> Callable[[slice, int], np.ndarray]:
    multiplier, shift = quantize_multiplier(how.factors)
    right = np.maximum(-shift, 1)
    return _rows(multiplier, shift + right, right)


def _f64(how: Requantization) -> Callable[[slice, int], np.ndarray]:
    factors = how.factors
    return lambda chosen, width: np.concatenate([np.zeros(width, np.int32), padded(factors[chosen], width, np.float64).view(np.int32)])


def _f32(how: Requantization) -> Callable[[slice, int], np.ndarray]:
    factors = how.factors
    return lambda chosen, width: np.concatenate([padded(factors[chosen], width, np.float32).view(np.int32), np.zeros(2 * width, np.int32)])


# As Epilogue.factors names them.
_FORMATS = {"fixed": _fixed, "marked": _marked, "once": _once, "f64": _f64, "f32": _f32}


# ---- factors: input scale * weights scale / output scale, float64 [channels], from (node, input, weights' scales, bias, output)


def _in_double(node: Node, input: Value, scales: np.ndarray, bias: Value | None, output: Value) -> np.ndarray:
    return np.float64(scale_and_zero(node, input)[0]) * scales.astype(np.float64) / scale_and_zero(node, output)[0]


def _product_in_float(node: Node, input: Value, scales: np.ndarray, bias: Value | None, output: Value) -> np.ndarray:
    """LiteRT also refuses a bias whose scale is not the product."""
    input_scale, output_scale = scale_and_zero(node, input)[0], scale_and_zero(node, output)[0]
    if bias is not None and bias.quantized:
        product = np.float64(input_scale) * np.float64(scales[0])
        off = abs(product - scale_and_zero(node, bias)[0]) / output_scale
        node.require(bool(off <= 0.02), f"its bias {bias} has another scale than input times weights, {product:.6g}")
    product = np.float64(np.float32(input_scale) * scales[:1].astype(np.float32))
    return np.broadcast_to(product / output_scale, scales.shape)


def _in_float(node: Node, input: Value, scales: np.ndarray, bias: Value | None, output: Value) -> np.ndarray:
    product = np.float32(scale_and_zero(node, input)[0]) * scales.astype(np.float32)
    return (product / np.float32(scale_and_zero(node, output)[0])).astype(np.float64)


# As Rule.factor names them.
FACTORS = {"double": _in_double, "product in float": _product_in_float, "float": _in_float}
