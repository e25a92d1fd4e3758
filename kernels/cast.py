"""Elements in another type, one by one. Work is counted in blocks of BLOCK elements.

Numbers of 32 and 64 bits and the smaller integers go directly; halves, bfloats and complex numbers by way of float.
"""

from __future__ import annotations

import numpy as np

from .elements import ELEMENTS, NUMBERS
from .kernel import Device, Kernel, device, kernel
from .lazy import simd

BLOCK = 4096
_DIRECT = ("FLOAT32", "FLOAT64", "INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64", "BOOL")


def _make_cast(source: str, target: str) -> Kernel:
    from_element, to_element = ELEMENTS[source], ELEMENTS[target]
    from_type, to_type = NUMBERS[from_element], NUMBERS[to_element]
    truth = target == "BOOL"
    saturates = np.dtype(from_type).kind == "f" and np.dtype(to_type).kind in "iu" and not truth
    low, high = (float(np.iinfo(to_type).min), float(np.iinfo(to_type).max)) if saturates else (0.0, 0.0)
    # Where a float cannot hold the largest integer, the next one up is already too large.
    last = np.iinfo(to_type).max if saturates else 0
    first = np.iinfo(to_type).min if saturates else 0

    @kernel(f"cast_{source.lower()}_{target.lower()}", x=from_element + "*", out=to_element + "*", count="i64")
    def cast(a, lo, hi, scratch):
        """As C converts; floats to integers towards zero and no further than the type goes, NaN to its largest."""
        for i in range(lo * BLOCK, min(hi * BLOCK, a.count)):
            x = a.x[i]
            if truth:
                a.out[i] = np.uint8(x != 0)
            elif saturates:
                if x >= high or x != x:
                    a.out[i] = to_type(last)
                elif x <= low:
                    a.out[i] = to_type(first)
                else:
                    a.out[i] = to_type(x)
            else:
                a.out[i] = to_type(x)

    return cast


@device
def half_to_float(h):
    """The float of a half's 16 bits, by integer arithmetic: not every CPU converts."""
    sign = np.uint32(h & 0x8000) << 16
    rest = np.uint32(h & 0x7FFF)
    if rest >= 0x7C00:
        bits = 0x7F800000 | ((rest & 0x3FF) << 13)
    elif rest >= 0x400:
        bits = (rest << 13) + 0x38000000
    else:
        # Below the smallest normal half: its 10 bits count steps of 2^-24.
        return simd.float_of_bits(np.uint32(sign | simd.bits_of_float(np.float32(np.int32(rest)) * np.float32(5.9604644775390625e-8))))
    return simd.float_of_bits(np.uint32(sign | bits))


@device
def float_to_half(x):
    """The nearest half's 16 bits, halfway to the even one; NaN is the quiet one of its sign."""
    bits = np.int64(simd.bits_of_float(x))
    sign, rest = (bits >> 16) & 0x8000, bits & 0x7FFFFFFF
    if rest > 0x7F800000:
        half = np.int64(0x7E00)
    elif rest >= 0x477FF000:
        half = np.int64(0x7C00)
    elif rest >= 0x38800000:
        half = (rest - 0x38000000 + 0xFFF + ((rest >> 13) & 1)) >> 13
    else:
        # A float in 1/2..1 has steps of 2^-24, as the smallest halves have: the addition rounds.
        half = np.int64(simd.bits_of_float(np.float32(abs(x) + np.float32(0.5)))) - 0x3F000000
    return np.uint16(sign | half)


@device
def bfloat_to_float(b):
    return simd.float_of_bits(np.uint32(np.int64(b) << 16))


@device
def float_to_bfloat(x):
    """The upper 16 bits, rounded to the nearest, halfway to the even one; NaN is the quiet one of its sign."""
    bits = np.int64(simd.bits_of_float(x))
    if x != x:
        return np.uint16(((bits >> 16) & 0x8000) | 0x7FC0)
    return np.uint16((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16)


def _make_conversion(name: str, source: str, target: str, formula: Device) -> Kernel:
    @kernel(name, x=source + "*", out=target + "*", count="i64")
    def convert(a, lo, hi, scratch):
        for i in range(lo * BLOCK, min(hi * BLOCK, a.count)):
            a.out[i] = formula(a.x[i])

    return convert


@kernel("c64_to_f32", x="f32*", out="f32*", count="i64")
def c64_to_f32(a, lo, hi, scratch):
    """The real part."""
    for i in range(lo * BLOCK, min(hi * BLOCK, a.count)):
        a.out[i] = a.x[2 * i]


@kernel("f32_to_c64", x="f32*", out="f32*", count="i64")
def f32_to_c64(a, lo, hi, scratch):
    for i in range(lo * BLOCK, min(hi * BLOCK, a.count)):
        a.out[2 * i] = a.x[i]
        a.out[2 * i + 1] = np.float32(0)


# (source, target) -> kernel
cast: dict[tuple[str, str], Kernel] = {
    **{(source, target): _make_cast(source, target) for source in _DIRECT for target in _DIRECT},
    ("FLOAT16", "FLOAT32"): _make_conversion("f16_to_f32", "u16", "f32", half_to_float),
    ("FLOAT32", "FLOAT16"): _make_conversion("f32_to_f16", "f32", "u16", float_to_half),
    ("BFLOAT16", "FLOAT32"): _make_conversion("bf16_to_f32", "u16", "f32", bfloat_to_float),
    ("FLOAT32", "BFLOAT16"): _make_conversion("f32_to_bf16", "f32", "u16", float_to_bfloat),
    ("COMPLEX64", "FLOAT32"): c64_to_f32,
    ("FLOAT32", "COMPLEX64"): f32_to_c64,
}
