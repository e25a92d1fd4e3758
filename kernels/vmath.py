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
def vexp(x):
    """e^x; infinity above what a float can hold, 0 below, NaN of NaN."""
    bounded = simd.maximum(simd.minimum(x, _EXP_LARGEST), _EXP_LEAST)
    n = simd.round_even(bounded * _LOG2E)
    r = simd.fma(n, splat(-_LN2_HIGH), bounded)
    r = simd.fma(n, splat(-_LN2_LOW), r)
    p = splat(1.9875691500e-4)
    p = simd.fma(p, r, splat(1.3981999507e-3))
    p = simd.fma(p, r, splat(8.3334519073e-3))
    p = simd.fma(p, r, splat(4.1665795894e-2))
    p = simd.fma(p, r, splat(1.6666665459e-1))
    p = simd.fma(p, r, splat(5.0000001201e-1))
    p = simd.fma(p, r * r, r) + splat(1)
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
def vtanh(x):
    size = simd.absolute(x)
    # Far from 0: 1 - 2 / (e^2|x| + 1), with x's sign. Near it: an odd polynomial.
    far = splat(1) - splat(2) / (vexp(size + size) + splat(1))
    far = simd.select(x < splat(0), splat(0) - far, far)
    s = x * x
    p = splat(-5.70498872745e-3)
    p = simd.fma(p, s, splat(2.06390887954e-2))
    p = simd.fma(p, s, splat(-5.37397155531e-2))
    p = simd.fma(p, s, splat(1.33314422036e-1))
    p = simd.fma(p, s, splat(-3.33332819422e-1))
    near = simd.fma(p * s, x, x)
    return simd.select(size < splat(0.625), near, far)
