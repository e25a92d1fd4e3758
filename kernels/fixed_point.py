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
def round_half_up(high, right, away):
    """Vectors of int32 over 2^right, right >= 0: to the nearest, halves up, or away from zero in lanes where `away` is -1 and not 0."""
    mask = simd.power_of_two(right) - 1
    quotient = high >> right
    return simd.select((high & mask) > (mask >> 1) - ((high >> 31) & away), quotient + 1, quotient)


@device
def round_half_away(x):
    """A vector of doubles rounded to whole numbers as C's round() does."""
    whole = simd.truncate(x)
    away = simd.copy_sign(1.0, x)
    return simd.select(simd.absolute(x - whole) >= 0.5, whole + away, whole)


@device
def nearest(x):
    """The same of a single float or double; a double."""
    whole = np.float64(np.trunc(x))
    if abs(x - whole) >= 0.5:
        whole += 1.0 if x > 0 else -1.0
    return whole


@device
def nearest_even(x):
    """A single float or double to the nearest whole number, halves to even; a double. Without C's rint, which not every CPU replaces."""
    whole = nearest(x)
    if abs(x - np.trunc(x)) == 0.5 and np.trunc(whole * 0.5) * 2.0 != whole:
        whole -= 1.0 if x > 0 else -1.0
    return whole


@device
def saturated(x):
    """An int64 within int32."""
    return np.int32(min(max(np.int64(x), np.int64(-(2**31))), np.int64(2**31 - 1)))


@device
def inverse_square_root(x):
    """1 / sqrt(x) of an int32 as (multiplier, right): multiplier * 2^(-31 - right). 0 counts as 1.

    Five steps of Newton's method from 1 with three integer bits, in the order of GetInvSqrtQuantizedMultiplierExp.
    """
    if x <= 1:
        return np.int32(2**31 - 1), np.int64(0)
    right = np.int64(11)
    while x >= 1 << 29:
        x = np.int32(x // 4)
        right += 1
    pairs = (simd.leading_zeros(np.int32(x)) - 1) // 2 - 1
    right -= pairs
    x = np.int32((x << (2 * pairs)) >> 1)  # three integer bits, in [1/4, 1)
    half = rounding_divide_by_power(x, 1)
    root = np.int32(1 << 28)
    for _ in range(5):
        cube = saturated(np.int64(multiply_high(multiply_high(root, root), root)) << 6)
        step = np.int32(multiply_high(np.int32(3 << 27), root) - multiply_high(half, cube))
        root = saturated(np.int64(step) << 3)
    root = multiply_high(root, np.int32(1518500250))
    if right < 0:
        root, right = np.int32(root << -right), np.int64(0)
    return root, right


@device
def logarithm(x):
    """ln x for x >= 1 with 12 integer bits; the result has 5.

    In the order of log_x_for_x_greater_than_or_equal_to_1: x = r 2^n with r about the fourth root of 1/2, found in two ways of
    which one has no rounding trouble, and ln r as a quotient of polynomials in r less that root.
    """
    zeros = simd.leading_zeros(np.int32(x))
    scaled = saturated(np.int64(x) << (zeros - 1))
    r_low = saturated(np.int64(multiply_high(scaled, np.int32(1518500250))) << 1)
    power_low = saturated((np.int64(12 - zeros) << 25) + (1 << 23))
    down = multiply_high(np.int32(x), np.int32(1518500250))
    room = simd.leading_zeros(np.int32(down)) - 1
    r_high = saturated(np.int64(x) << room)
    power_high = saturated((np.int64(12 - room) << 25) - (1 << 23))
    r, power = min(r_low, r_high), max(power_low, power_high)
    total = np.int64(r) + 1805811301
    p = np.int32((total + 1) // 2)
    q = np.int32(2 * (np.int64(r) - 1805811301))
    square = multiply_high(q, q)
    numerator = np.int32(multiply_high(q, r) + multiply_high(multiply_high(q, square), np.int32(117049297)))
    inner = np.int32(1057819769 + q + multiply_high(np.int32(127690142), square))
    denominator = np.int32(multiply_high(p, inner) + multiply_high(np.int32(638450708), q))
    quotient = multiply_high(rounding_divide_by_power(numerator, 6), reciprocal(denominator))
    return saturated(np.int64(multiply_high(np.int32(power), np.int32(1488522236)) + quotient) << 1)
