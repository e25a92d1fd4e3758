"""Functions of float vectors that are computed in double and rounded once, so nearly always to the exact value's nearest float.

For functions whose argument or result float cannot hold well enough on the way: powers, and angles of any size. Without the C library.
"""

from __future__ import annotations

import math

import numpy as np

from .cpu import target
from .kernel import device
from .lazy import simd

LANES = target().lanes

# Added to a double below 2^51, this leaves the nearest whole number in the low bits: a conversion that every CPU has.
_WHOLE = 6755399441055744.0
_WHOLE_BITS = 0x4338000000000000
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
# pi / 2 in three parts, the first two of 33 bits: whole multiples of them are exact up to 2^20.
_QUARTER_TURN = (1.57079632673412561417e00, 6.07710050630396597660e-11, 2.02226624879595063154e-21)
# 1 / (16 pi), its first 192 bits behind the point.
_TURNS = (0x0517CC1B727220A9, 0x4FE13ABE8FA9A6EE, 0x06DB14ACC9E21C82)
_LARGE = 1048576.0


@device
def splat64(x):
    return simd.splat(np.float64(x), LANES)


@device
def splat_i64(x):
    return simd.splat(np.int64(x), LANES)


@device
def series(z, terms):
    """terms[0] + z (terms[1] + z (terms[2] + ...))."""
    total = splat64(terms[len(terms) - 1])
    for k in range(len(terms) - 2, -1, -1):
        total = simd.fma(total, z, splat64(terms[k]))
    return total


_LOG2 = tuple(2.0 / math.log(2.0) / (2 * k + 1) for k in range(9))
_EXP2 = tuple(math.log(2.0) ** k / math.factorial(k) for k in range(13))
_SINE = tuple((-1.0) ** k / math.factorial(2 * k + 1) for k in range(7))
_COSINE = tuple((-1.0) ** k / math.factorial(2 * k) for k in range(8))
_ARC = tuple((-1.0) ** k / (2 * k + 1) for k in range(16))


@device
def log2_double(x):
    """The logarithm to base 2 of normal doubles > 0: of the exponent, and of m in [sqrt 1/2, sqrt 2) by artanh((m - 1) / (m + 1))."""
    bits = simd.bits_i64(x)
    exponent = (bits - _SQRT_HALF_BITS) >> 52
    m = simd.bits_f64(bits - (exponent << 52))
    s = (m - splat64(1)) / (m + splat64(1))
    whole = simd.bits_f64(exponent + _WHOLE_BITS) - _WHOLE
    return simd.fma(s, series(s * s, _LOG2), whole)


@device
def exp2_double(x):
    """2^x for -1000 <= x <= 1000."""
    n = simd.round_even(x)
    power = simd.bits_f64(simd.bits_i64(n + (_WHOLE + 1023.0)) << 52)
    return series(x - n, _EXP2) * power


@device
def vpow(x, y):
    """x to the power of y, by the rules of C's pow."""
    size, infinite = simd.absolute(x), simd.splat(np.float32(np.inf), LANES)
    wide = simd.to_f64(size)
    log = log2_double(wide)
    log = simd.select(wide == splat64(0), splat64(-np.inf), log)
    log = simd.select(wide == splat64(np.inf), splat64(np.inf), log)
    log = simd.to_f64(y) * log
    power = simd.to_f32(exp2_double(simd.minimum(simd.maximum(log, splat64(-1000)), splat64(1000))))
    half = y * np.float32(0.5)
    whole, odd = simd.truncate(y) == y, simd.truncate(half) != half
    negative = simd.bits_i32(x) < 0
    power = simd.select(negative & whole & odd, power * np.float32(-1), power)
    zero, one = simd.splat(np.float32(0), LANES), simd.splat(np.float32(1), LANES)
    nan = simd.splat(np.float32(np.nan), LANES)
    power = simd.select((x < zero) & (size < infinite) & (whole ^ (zero == zero)), nan, power)
    power = simd.select((x == x) & (y == y), power, nan)
    return simd.select((y == zero) | (x == one) | ((size == one) & (simd.absolute(y) == infinite)), one, power)


@device
def less_turns(x):
    """x less whole turns, in double, for 2^20 <= |x| < infinity: the turns counted in 64 bits behind the point, where whole ones vanish."""
    bits = simd.bits_i32(x)
    # |x| = m 2^(place - 3), and 2^(place - 3) / (2 pi) behind the point is a window of 64 bits on 1 / (16 pi).
    m = simd.to_u64((bits & 0x7FFFFF) | 0x800000)
    place = simd.to_u64(((bits >> 23) & 255) - 147)
    low = place < simd.splat(np.uint64(64), LANES)
    first = simd.select(low, simd.splat(np.uint64(_TURNS[0]), LANES), simd.splat(np.uint64(_TURNS[1]), LANES))
    second = simd.select(low, simd.splat(np.uint64(_TURNS[1]), LANES), simd.splat(np.uint64(_TURNS[2]), LANES))
    shift = place & np.uint64(63)
    window = (first << shift) | ((second >> np.uint64(1)) >> (shift ^ np.uint64(63)))
    angle = simd.to_f64(simd.to_i64(m * window)) * (2.0 * math.pi / 2.0**64)
    return simd.select(bits < 0, splat64(0) - angle, angle)


@device
def vsine(x, quarter):
    """sin(x + quarter pi / 2): quarter turns taken off, then a polynomial of what is left."""
    size = simd.absolute(x)
    wide = simd.to_f64(x)
    if simd.reduce_max(size) >= _LARGE:
        wide = simd.select(size >= simd.splat(np.float32(_LARGE), LANES), less_turns(x), wide)
    n = simd.round_even(wide * (2.0 / math.pi))
    r = simd.fma(n, splat64(-_QUARTER_TURN[0]), wide)
    r = simd.fma(n, splat64(-_QUARTER_TURN[1]), r)
    r = simd.fma(n, splat64(-_QUARTER_TURN[2]), r)
    r = simd.select(n == splat64(0), wide, r)  # keeps the sign of a zero
    place = simd.bits_i64(n + _WHOLE) + quarter
    z = r * r
    cosine = (place & 1) == splat_i64(1)
    result = simd.select(cosine, series(z, _COSINE), series(z, _SINE) * r)
    result = simd.to_f32(simd.select((place & 2) == splat_i64(2), result * -1.0, result))
    return simd.select(size < simd.splat(np.float32(np.inf), LANES), result, simd.splat(np.float32(np.nan), LANES))


@device
def vatan2(y, x):
    """The angle of the point (x, y), by the rules of C's atan2."""
    height, width = simd.to_f64(simd.absolute(y)), simd.to_f64(simd.absolute(x))
    small, large = simd.minimum(height, width), simd.maximum(height, width)
    ratio = small / large
    ratio = simd.select(large == splat64(0), splat64(0), ratio)
    ratio = simd.select(small == splat64(np.inf), splat64(1), ratio)
    # Above tan(pi / 8) the angle less pi / 4.
    upper = ratio > splat64(math.sqrt(2.0) - 1.0)
    t = simd.select(upper, (ratio - splat64(1)) / (ratio + splat64(1)), ratio)
    angle = t * series(t * t, _ARC) + simd.select(upper, splat64(math.pi / 4), splat64(0))
    angle = simd.select(height > width, splat64(math.pi / 2) - angle, angle)
    angle = simd.to_f32(simd.select(simd.bits_i32(x) < 0, splat64(math.pi) - angle, angle))
    angle = simd.select(simd.bits_i32(y) < 0, angle * np.float32(-1), angle)
    return simd.select((x == x) & (y == y), angle, simd.splat(np.float32(np.nan), LANES))
