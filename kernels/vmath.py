"""Functions of float vectors, within two units in the last place unless said otherwise.

exp and tanh follow the classic recipes of Cephes: reduce the argument, then a short polynomial.
"""

from __future__ import annotations

import numpy as np

from .cpu import target
from .kernel import device
from .lazy import simd

LANES = target().lanes

_LOG2E = np.float32(1.44269504088896341)
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_EXP_LARGEST, _EXP_LEAST = np.float32(88.7228317), np.float32(-103.97)


@device
def splat(x):
    return simd.splat(np.float32(x), LANES)


@device
def _exponential(r):
    """(e^r - 1 - r) / r^2 for |r| up to half of ln 2."""
    p = splat(1.9875691500e-4)
    p = simd.fma(p, r, splat(1.3981999507e-3))
    p = simd.fma(p, r, splat(8.3334519073e-3))
    p = simd.fma(p, r, splat(4.1665795894e-2))
    p = simd.fma(p, r, splat(1.6666665459e-1))
    return simd.fma(p, r, splat(5.0000001201e-1))


@device
def vexp(x):
    """e^x; infinity above what a float can hold, 0 below, NaN of NaN."""
    bounded = simd.maximum(simd.minimum(x, _EXP_LARGEST), _EXP_LEAST)
    n = simd.round_even(bounded * _LOG2E)
    r = simd.fma(n, splat(-_LN2_HIGH), bounded)
    r = simd.fma(n, splat(-_LN2_LOW), r)
    p = simd.fma(_exponential(r), r * r, r) + splat(1)
    # In two steps, since 2^n may be smaller or larger than any float though the product is not.
    whole = simd.to_i32(n)
    half = whole >> 1
    p = p * simd.bits_f32((half + 127) << 23) * simd.bits_f32((whole - half + 127) << 23)
    p = simd.select(x > _EXP_LARGEST, splat(np.inf), p)
    p = simd.select(x < _EXP_LEAST, splat(0), p)
    return simd.select(x == x, p, x)


@device
def vlogistic(x):
    """1 / (1 + e^-x)."""
    # e^-|x| does not overflow, and both sides keep their precision.
    e = vexp(splat(0) - simd.absolute(x))
    return simd.select(x < splat(0), e, splat(1)) / (splat(1) + e)


@device
def vexpm1(x):
    """e^x - 1 for x <= 0, without losing digits near 0."""
    bounded = simd.maximum(x, np.float32(-30))  # from where on it is -1
    n = simd.round_even(bounded * _LOG2E)
    r = simd.fma(n, splat(-_LN2_HIGH), bounded)
    r = simd.fma(n, splat(-_LN2_LOW), r)
    p = _exponential(r)
    power = simd.bits_f32((simd.to_i32(n) + 127) << 23)
    p = simd.fma(simd.fma(p, r * r, r), power, power - splat(1))
    return simd.select(x == x, p, x)


@device
def vtanh(x):
    """tanh x; a zero keeps its sign."""
    size = simd.absolute(x)
    # Far from 0: 1 - 2 / (e^2|x| + 1). Near it: an odd polynomial.
    far = splat(1) - splat(2) / (vexp(size + size) + splat(1))
    s = x * x
    p = splat(-5.70498872745e-3)
    p = simd.fma(p, s, splat(2.06390887954e-2))
    p = simd.fma(p, s, splat(-5.37397155531e-2))
    p = simd.fma(p, s, splat(1.33314422036e-1))
    p = simd.fma(p, s, splat(-3.33332819422e-1))
    near = simd.fma(p * s, size, size)
    return simd.copy_sign(simd.select(size < splat(0.625), near, far), x)


@device
def vlog(x):
    """The natural logarithm; -infinity of 0, NaN below it."""
    tiny = x < splat(1.17549435e-38)
    scaled = simd.select(tiny, x * np.float32(8388608.0), x)  # 2^23, so that the exponent bits count
    bits = simd.bits_i32(scaled)
    exponent = simd.to_f32((bits >> 23) - 127 - simd.select(tiny, simd.splat(np.int32(23), LANES), simd.splat(np.int32(0), LANES)))
    m = simd.bits_f32((bits & 0x007FFFFF) | 0x3F800000)
    # m in [1/sqrt 2, sqrt 2)
    upper = m > splat(1.41421356)
    m = simd.select(upper, m * np.float32(0.5), m)
    exponent = simd.select(upper, exponent + splat(1), exponent)
    m = m - splat(1)
    z = m * m
    p = splat(7.0376836292e-2)
    p = simd.fma(p, m, splat(-1.1514610310e-1))
    p = simd.fma(p, m, splat(1.1676998740e-1))
    p = simd.fma(p, m, splat(-1.2420140846e-1))
    p = simd.fma(p, m, splat(1.4249322787e-1))
    p = simd.fma(p, m, splat(-1.6668057665e-1))
    p = simd.fma(p, m, splat(2.0000714765e-1))
    p = simd.fma(p, m, splat(-2.4999993993e-1))
    p = simd.fma(p, m, splat(3.3333331174e-1))
    y = m * z * p
    y = simd.fma(exponent, splat(_LN2_LOW), y)
    y = simd.fma(z, splat(-0.5), y)
    y = simd.fma(exponent, splat(_LN2_HIGH), m + y)
    y = simd.select(x == splat(0), splat(-np.inf), y)
    y = simd.select(x == splat(np.inf), x, y)
    return simd.select(x >= splat(0), y, splat(np.nan))


@device
def verfc(x):
    """1 - erf(x), within 2e-7 and, above 1, a few units in the last place."""
    size = simd.absolute(x)
    s = x * x
    p = splat(7.853861353153693e-5)
    p = simd.fma(p, s, splat(-8.010193625184903e-4))
    p = simd.fma(p, s, splat(5.188327685732524e-3))
    p = simd.fma(p, s, splat(-2.685381193529856e-2))
    p = simd.fma(p, s, splat(1.128358514861418e-1))
    p = simd.fma(p, s, splat(-3.761262582423300e-1))
    p = simd.fma(p, s, splat(1.128379165726710))
    near = x * p
    q = splat(1) / simd.maximum(size, np.float32(1))
    y = q * q
    middle = splat(2.326819970068386e-2)
    middle = simd.fma(middle, y, splat(-1.387039388740657e-1))
    middle = simd.fma(middle, y, splat(3.687424674597105e-1))
    middle = simd.fma(middle, y, splat(-5.824733027278666e-1))
    middle = simd.fma(middle, y, splat(6.210004621745983e-1))
    middle = simd.fma(middle, y, splat(-4.944515323274145e-1))
    middle = simd.fma(middle, y, splat(3.404879937665872e-1))
    middle = simd.fma(middle, y, splat(-2.741127028184656e-1))
    middle = simd.fma(middle, y, splat(5.638259427386472e-1))
    far = splat(-1.047766399936249e1)
    far = simd.fma(far, y, splat(1.297719955372516e1))
    far = simd.fma(far, y, splat(-7.495518717768503))
    far = simd.fma(far, y, splat(2.921019019210786))
    far = simd.fma(far, y, splat(-1.015265279202700))
    far = simd.fma(far, y, splat(4.218463358204948e-1))
    far = simd.fma(far, y, splat(-2.820767439740514e-1))
    far = simd.fma(far, y, splat(5.641895067754075e-1))
    rest = vexp(splat(0) - s) * q * simd.select(size < splat(2), middle, far)
    return simd.select(size < splat(1), splat(1) - near, simd.select(x < splat(0), splat(2) - rest, rest))
