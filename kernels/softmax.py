"""Softmax over the last dimension."""

from __future__ import annotations

import numpy as np

from .cpu import target
from .ends import load_first
from .fixed_point import multiply_high, reciprocal, rounding_divide_by_power
from .kernel import Kernel, kernel
from .lazy import simd
from .vmath import vexp

LANES = target().lanes


@kernel("f32_softmax", input="f32*", output="f32*", depth="i64", beta="f32")
def f32_softmax(a, lo, hi, scratch):
    """e^(beta x) over its sum. Every sum is taken in the same order, whatever the threads."""
    spare = simd.pointer(scratch, np.float32)
    for row in range(lo, hi):
        x, y = a.input + row * a.depth, a.output + row * a.depth
        tops = simd.splat(np.float32(-np.inf), LANES)
        for c in range(0, a.depth, LANES):
            tops = simd.maximum(load_first(x + c, a.depth - c, np.float32(-np.inf)), tops)
        top = simd.reduce_max(tops)
        sums = simd.splat(np.float32(0), LANES)
        for c in range(0, a.depth, LANES):
            powers = vexp((load_first(x + c, a.depth - c, np.float32(-np.inf)) - top) * a.beta)
            if a.depth - c < LANES:  # beta may be anything, and what e^(beta -inf) is then, too
                powers = simd.keep_first(powers, a.depth - c, np.float32(0))
            sums = sums + powers
            simd.store(spare + c, powers)
        total = simd.reduce_add(sums)
        for c in range(a.depth):
            y[c] = spare[c] / total


def _make_q8(name: str, element: str, least: int) -> Kernel:
    @kernel(name, input=element + "*", output=element + "*", powers="i32*", depth="i64")
    def softmax(a, lo, hi, scratch):
        """The reference's fixed point. `powers` holds e^-(scaled difference) with 31 fractional bits, or -1 for too small."""
        for row in range(lo, hi):
            x, y = a.input + row * a.depth, a.output + row * a.depth
            top = np.int32(x[0])
            for c in range(a.depth):
                top = max(top, np.int32(x[c]))
            total = np.int32(0)
            for c in range(a.depth):
                power = a.powers[top - np.int32(x[c])]
                if power >= 0:
                    total += rounding_divide_by_power(power, 12)
            zeros = simd.leading_zeros(total)
            fraction = np.int32((np.int64(total) << zeros) - (1 << 31))
            scale = reciprocal(fraction)
            exponent = 12 - zeros + 31 - 8
            for c in range(a.depth):
                power = a.powers[top - np.int32(x[c])]
                out = np.int64(least)
                if power >= 0:
                    out += rounding_divide_by_power(multiply_high(scale, power), exponent)
                y[c] = min(max(out, least), least + 255)

    return softmax


q8_softmax = {"UINT8": _make_q8("u8_softmax", "u8", 0), "INT8": _make_q8("i8_softmax", "i8", -128)}
