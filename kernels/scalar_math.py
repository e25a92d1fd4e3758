"""Functions of single numbers in double precision, for float operators that need more than float inside. Without the C library.

Classic recipes: reduce the argument, then a polynomial. Errors are far below what rounding to float leaves.
"""

from __future__ import annotations

import numpy as np

from .kernel import device
from .lazy import simd

_LN2 = 0.6931471805599453
_PI_HALF_HIGH, _PI_HALF_LOW = 1.5707963267341256, 6.077100506506192e-11


@device
def float_fmod(x, y):
    """What is left of x in steps of y, with x's sign: exact, as C's fmod."""
    a, b = abs(np.float64(x)), abs(np.float64(y))
    if not (b > 0.0) or a == np.inf or a != a:
        return np.float32(np.nan)
    if b != np.inf:
        step = b
        while step * 2.0 <= a:
            step = step * 2.0
        while step >= b:
            if a >= step:
                a -= step
            step = step * 0.5
    return np.float32(-a) if x < 0 else np.float32(a)


@device
def floor_number(x):
    """The nearest whole number below, of a double; beyond 2^52 every double is whole."""
    if abs(x) >= 4503599627370496.0 or x != x:
        return x
    whole = np.float64(np.int64(x))
    return whole - 1.0 if whole > x else whole


@device
def log_number(x):
    """ln of a positive normal double: ln m + n ln 2, by the series of artanh((m - 1) / (m + 1))."""
    n = np.float64(0.0)
    m = x
    while m > 1.4142135623730951:
        m = m * 0.5
        n += 1.0
    while m < 0.7071067811865476:
        m = m * 2.0
        n -= 1.0
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    p = 1.0 / 19.0
    for k in range(17, 0, -2):
        p = p * z + 1.0 / k
    return 2.0 * s * p + n * _LN2


@device
def exp_number(x):
    """e^x of a double; 0 and infinity beyond what a float can hold."""
    if x > 89.0:
        return np.inf
    if x < -104.0:
        return 0.0
    n = floor_number(x / _LN2 + 0.5)
    r = x - n * _LN2
    p = 1.0
    for k in range(14, 0, -1):
        p = p * r / k + 1.0
    while n > 0.0:
        p = p * 2.0
        n -= 1.0
    while n < 0.0:
        p = p * 0.5
        n += 1.0
    return p


@device
def float_power(x, y):
    """x to the power of y, by the rules of C's pow."""
    if y == 0 or x == 1:
        return np.float32(1)
    if x != x or y != y:
        return np.float32(np.nan)
    size, exponent = abs(np.float64(x)), np.float64(y)
    whole = floor_number(exponent) == exponent
    odd = whole and abs(exponent) < 9007199254740992.0 and floor_number(exponent * 0.5) * 2.0 != exponent
    sign = -1.0 if odd and (simd.bits_of_float(np.float32(x)) >> 31) else 1.0
    if size == 0.0:
        return np.float32(sign * (np.inf if exponent < 0.0 else 0.0))
    if abs(exponent) == np.inf:
        if size == 1.0:
            return np.float32(1)
        return np.float32(np.inf if (size > 1.0) == (exponent > 0.0) else 0.0)
    if size == np.inf:
        return np.float32(sign * (0.0 if exponent < 0.0 else np.inf))
    if x < 0 and not whole:
        return np.float32(np.nan)
    return np.float32(sign * exp_number(exponent * log_number(size)))


@device
def sine(x, quarter):
    """sin(x + quarter pi / 2) of a float, by quadrant and polynomial."""
    wide = np.float64(x)
    if not (abs(wide) < 1e15):
        return np.float32(np.nan)
    n = floor_number(wide / (_PI_HALF_HIGH + _PI_HALF_LOW) + 0.5)
    r = (wide - n * _PI_HALF_HIGH) - n * _PI_HALF_LOW
    place = (np.int64(n) + quarter) & 3
    z = r * r
    if place & 1:
        p = 1.0 - z / 182.0
        for k in (132.0, 90.0, 56.0, 30.0, 12.0, 2.0):
            p = 1.0 - z / k * p
    else:
        p = 1.0 - z / 210.0
        for k in (156.0, 110.0, 72.0, 42.0, 20.0, 6.0):
            p = 1.0 - z / k * p
        p = p * r
    return np.float32(-p if place & 2 else p)
