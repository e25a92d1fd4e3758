"""Functions of one 8-bit number: 256 results, computed while a plan is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from .fixed_point import multiply_high, rounding_divide_by_power
from .operator import Node, Value
from .quantized import INTEGER_LIMITS, quantize_multiplier, scale_and_zero

if TYPE_CHECKING:
    from ...planner import Planner

__all__ = ["centered", "float_table", "lookup_step", "rescaled", "round_half_away"]


def round_half_away(x: np.ndarray) -> np.ndarray:
    """C's round(): to the nearest whole number, halves away from zero, in x's own precision."""
    whole = np.trunc(x)
    return np.where(np.abs(x - whole) >= 0.5, whole + np.copysign(x.dtype.type(1), x), whole).astype(x.dtype)


def stored_values(type: str) -> np.ndarray:
    """All values of an 8-bit type, int64 [256], ascending."""
    low, high = INTEGER_LIMITS[type]
    return np.arange(low, high + 1, dtype=np.int64)


def centered(node: Node, input: Value) -> np.ndarray:
    """All values less their zero point, int64 [256]."""
    return stored_values(input.type) - scale_and_zero(node, input)[1]


def rescaled(values: np.ndarray, factor: float) -> np.ndarray:
    """values * factor by LiteRT's MultiplyByQuantizedMultiplier. `factor` >= 0 must carry the rounding LiteRT gave it."""
    multiplier, shift = (int(part[0]) for part in quantize_multiplier(factor))
    wide = np.asarray(values, np.int64) << max(shift, 0)
    wrapped = ((wide + 2**31) % 2**32) - 2**31
    return rounding_divide_by_power(multiply_high(wrapped, multiplier), max(-shift, 0))


def float_table(node: Node, input: Value, output: Value, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """A float function of every value, int64 [256]: LiteRT's LUTPopulate, in float32 step by step."""
    in_scale, in_zero = scale_and_zero(node, input)
    out_scale, out_zero = scale_and_zero(node, output)
    inverse = np.float32(1) / np.float32(out_scale)
    real = np.float32(in_scale) * (stored_values(input.type) - in_zero).astype(np.float32)
    with np.errstate(all="ignore"):
        result = function(real).astype(np.float32)
        rounded = round_half_away(result * inverse) + np.float32(out_zero)
    low, high = INTEGER_LIMITS[output.type]
    return np.clip(np.nan_to_num(rounded, nan=low), low, high).astype(np.int64)


def lookup_step(plan: Planner, input: Value, output: Value, table: np.ndarray) -> None:
    """output = table[input]; the table's 256 entries go by ascending input value and are clamped to the output's type."""
    from ...kernels.unary import BLOCK, lookup_8

    low, high = INTEGER_LIMITS[output.type]
    by_bits = np.empty(256, np.uint8)
    by_bits[stored_values(input.type).astype(np.uint8)] = np.clip(table, low, high).astype(np.int64) & 255
    plan.step(
        lookup_8, work=-(-input.size // BLOCK), cost=BLOCK, x=input, out=output, table=plan.constant(by_bits, np.uint8),
        count=input.size,
    )  # fmt: skip
