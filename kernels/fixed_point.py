"""Requantization: int32 sums to 8 bits, with the reference kernels' bits.

The factor is a multiplier in [2^30, 2^31) and a power of two. gemmlowp's two roundings: SaturatingRoundingDoublingHighMul
(half up, see simd.high_product), then RoundingDivideByPOT (half away from zero).
"""

from __future__ import annotations

import numpy as np

from .kernel import device
from .lazy import simd


@device
def multiply_high(x, y):
    """SaturatingRoundingDoublingHighMul of int32 scalars: (x * y + 2^30) >> 31."""
    return np.int32((np.int64(x) * np.int64(y) + (1 << 30)) >> 31)


@device
def rounding_divide_by_power(x, exponent):
    """RoundingDivideByPOT: x / 2^exponent, halves away from zero."""
    mask = (np.int64(1) << exponent) - 1
    threshold = (mask >> 1) + (x < 0)
    return np.int32((np.int64(x) >> exponent) + ((np.int64(x) & mask) > threshold))


@device
def multiply_by_quantized_multiplier(x, multiplier, shift):
    """x * multiplier * 2^(shift - 31) for int32 scalars, rounded as the reference does; shift > 0 goes left first."""
    left = max(shift, 0)
    return rounding_divide_by_power(multiply_high(np.int32(x << left), multiplier), left - shift)


@device
def reciprocal(x):
    """1 / (1 + x) for x in [0, 1) with 31 fractional bits, as gemmlowp's one_over_one_plus_x_for_x_in_0_1 has it."""
    half = np.int32((np.int64(x) + 2147483647 + 1) // 2)
    # Newton's iteration with 29 fractional bits, from 48/17 - 32/17 half.
    r = np.int32(1515870810 + multiply_high(half, np.int32(-1010580540)))
    for _ in range(3):
        rest = np.int32((1 << 29) - multiply_high(half, r))
        step = np.int64(multiply_high(r, rest))
        # A product of two such numbers has 27 fractional bits; saturate while widening it.
        r = np.int32(r + min(max(step << 2, -(1 << 31)), (1 << 31) - 1))
    return np.int32(min(max(np.int64(r) << 1, -(1 << 31)), (1 << 31) - 1))


@device
def requantize(x, multiplier, left, right):
    """The same for vectors of int32; `left` and `right`, both >= 0, are the two halves of the shift."""
    high = simd.high_product(x << left, multiplier)
    mask = simd.power_of_two(right) - 1
    quotient = high >> right
    return simd.select((high & mask) > (mask >> 1) - (high >> 31), quotient + 1, quotient)


@device
def round_half_away(x):
    """A vector of doubles rounded to whole numbers as C's round() does."""
    whole = simd.truncate(x)
    away = simd.copy_sign(1.0, x)
    return simd.select(simd.absolute(x - whole) >= 0.5, whole + away, whole)
