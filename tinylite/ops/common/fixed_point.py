"""gemmlowp's fixed-point functions on arrays, for tables that are built while a plan is made.

A number with n integer bits is an int32 that stands for raw * 2^(n - 31). Source of every constant and order of
operations: gemmlowp fixedpoint/fixedpoint.h.
"""

from __future__ import annotations

import numpy as np

__all__ = ["exp_on_negative_values", "multiply_high", "rounding_divide_by_power", "saturating_shift_left"]

Integers = np.ndarray


def multiply_high(x: Integers, y: Integers | int) -> Integers:
    """SaturatingRoundingDoublingHighMul: (x * y + 2^30) >> 31."""
    return (np.asarray(x, np.int64) * np.asarray(y, np.int64) + (1 << 30)) >> 31


def rounding_divide_by_power(x: Integers, exponent: int) -> Integers:
    """RoundingDivideByPOT: x / 2^exponent, halves away from zero."""
    mask = (1 << exponent) - 1
    return (x >> exponent) + ((x & mask) > (mask >> 1) + (x < 0))


def saturating_shift_left(x: Integers, bits: int) -> Integers:
    """x * 2^bits within int32."""
    return np.clip(np.asarray(x, np.int64) << bits, -(1 << 31), (1 << 31) - 1)


def _exp_near_zero(x: Integers) -> Integers:
    """e^x for x in [-1/4, 0), 0 integer bits: a Taylor series around -1/8."""
    constant = 1895147668  # e^(-1/8)
    x = x + (1 << 28)
    x2 = multiply_high(x, x)
    x3 = multiply_high(x2, x)
    x4 = multiply_high(x2, x2)
    inner = multiply_high(rounding_divide_by_power(x4, 2) + x3, 715827883) + x2
    return constant + multiply_high(np.int64(constant) * np.ones_like(x), x + rounding_divide_by_power(inner, 1))


def exp_on_negative_values(x: Integers, integer_bits: int) -> Integers:
    """e^x for x <= 0 with `integer_bits` integer bits; the result has none. int64 arrays that hold int32."""
    x = np.asarray(x, np.int64)
    quarter = 1 << (31 - integer_bits - 2)
    in_quarter = (x & (quarter - 1)) - quarter
    result = _exp_near_zero(saturating_shift_left(in_quarter, integer_bits))
    remainder = in_quarter - x
    # e^(-1/4), e^(-1/2), ... for each bit of the quarters that are left.
    for exponent, factor in zip(range(-2, 5), (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242), strict=True):
        if integer_bits > exponent:
            bit = 1 << (31 - integer_bits + exponent)
            result = np.where(remainder & bit, multiply_high(result, factor), result)
    if integer_bits > 5:
        result = np.where(x < -(1 << (36 - integer_bits)), 0, result)
    return np.where(x == 0, (1 << 31) - 1, result)
