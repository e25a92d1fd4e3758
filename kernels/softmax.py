"""Softmax over the last dimension, and its logarithm."""

from __future__ import annotations

import numpy as np

from .cpu import target
from .fixed_point import logarithm, multiply_by_quantized_multiplier, multiply_high, reciprocal, rounding_divide_by_power
from .kernel import Kernel, device, kernel
from .lazy import simd
from .tails import load_first, store_first
from .vmath import vexp, vlog

LANES = target().lanes
# ln 2 with 5 integer bits.
_LN2 = 46516320
LEAST = np.finfo(np.float32).min


@device
def largest(x, depth, least):
    """Of the numbers of a row, or `least`. NaN is passed over."""
    tops = simd.splat(np.float32(least), LANES)
    for c in range(0, depth, LANES):
        tops = simd.maximum(load_first(x + c, depth - c, np.float32(-np.inf)), tops)
    return simd.reduce_max(tops)


@device
def powers(x, c, depth, top, beta):
    """e^(beta (x - top)) of the vector of a row at `c`; 0 behind the row's end, whatever beta is."""
    vector = vexp((load_first(x + c, depth - c, np.float32(-np.inf)) - top) * beta)
    if depth - c < LANES:
        vector = simd.keep_first(vector, depth - c, np.float32(0))
    return vector


@kernel("f32_softmax", input="f32*", output="f32*", depth="i64", beta="f32")
def f32_softmax(a, lo, hi, scratch):
    """e^(beta x) over its sum. Every sum is taken in the same order, whatever the threads."""
    tail_buffer = simd.pointer(scratch, np.float32)
    for row in range(lo, hi):
        x, y = a.input + row * a.depth, a.output + row * a.depth
        top = largest(x, a.depth, -np.inf)
        sums = simd.splat(np.float32(0), LANES)
        for c in range(0, a.depth, LANES):
            vector = powers(x, c, a.depth, top, a.beta)
            sums = sums + vector
            simd.store(tail_buffer + c, vector)
        total = simd.reduce_add(sums)
        for c in range(a.depth):
            y[c] = tail_buffer[c] / total


@device
def q8_top(x, depth):
    """The largest of a row."""
    top = np.int32(x[0])
    for c in range(depth):
        top = max(top, np.int32(x[c]))
    return top


@device
def q8_sum(table, x, depth, top):
    """The sum of a row's powers, with 12 integer bits. `table` has e^-(scaled difference) with 31 fractional bits, or -1 for too small."""
    total = np.int64(0)
    for c in range(depth):
        power = table[top - np.int32(x[c])]
        if power >= 0:
            total += rounding_divide_by_power(power, 12)
    return total


def _make_q8(name: str, element: str, least: int) -> Kernel:
    @kernel(name, input=element + "*", output=element + "*", powers="i32*", depth="i64")
    def softmax(a, lo, hi, scratch):
        """The reference's fixed point. `powers` is the table of q8_sum, whose bits beyond an int32 are lost here."""
        for row in range(lo, hi):
            x, y = a.input + row * a.depth, a.output + row * a.depth
            top = q8_top(x, a.depth)
            total = np.int32(q8_sum(a.powers, x, a.depth, top))
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


@kernel("f32_log_softmax", input="f32*", output="f32*", depth="i64")
def f32_log_softmax(a, lo, hi, scratch):
    """x less the largest, less the logarithm of the sum of powers of such differences."""
    tail_buffer = simd.pointer(scratch, np.float32)
    for row in range(lo, hi):
        x, y = a.input + row * a.depth, a.output + row * a.depth
        top = largest(x, a.depth, LEAST)
        sums = simd.splat(np.float32(0), LANES)
        for c in range(0, a.depth, LANES):
            sums = sums + powers(x, c, a.depth, top, np.float32(1))
        total = vlog(simd.splat(simd.reduce_add(sums), LANES))
        for c in range(0, a.depth, LANES):
            store_first(y + c, simd.load(x + c, LANES) - top - total, a.depth - c, tail_buffer)


def _make_q8_log(name: str, element: str, least: int) -> Kernel:
    @kernel(
        name, input=element + "*", output=element + "*", powers="i32*", scaled="i32*", depth="i64", radius="i64", multiplier="i32",
        right="i64",
    )  # fmt: skip
    def log_softmax(a, lo, hi, scratch):
        """The reference's fixed point, in 16ths. `powers` as for softmax; `scaled` holds -(scaled difference) with 5 integer bits."""
        for row in range(lo, hi):
            x, y = a.input + row * a.depth, a.output + row * a.depth
            top = q8_top(x, a.depth)
            total = q8_sum(a.powers, x, a.depth, top)
            # 12 integer bits are not enough of thousands of equal values.
            halvings = np.int64(0)
            while total > 2147483647:
                total = total >> 1
                halvings += 1
            log = np.int32(logarithm(np.int32(total)) + halvings * _LN2)
            # Further from the largest, 5 integer bits are not enough.
            reach = np.int64(multiply_by_quantized_multiplier(np.int32(log - 2147483648), a.multiplier, -a.right))
            reach = min(a.radius + 1, -reach)
            for c in range(a.depth):
                difference = top - np.int32(x[c])
                out = np.int64(least)
                if difference < reach:
                    out += rounding_divide_by_power(np.int32(a.scaled[difference] - log), 22) + 255
                y[c] = min(max(out, least), least + 255)

    return log_softmax


q8_log_softmax = {"UINT8": _make_q8_log("u8_log_softmax", "u8", 0), "INT8": _make_q8_log("i8_log_softmax", "i8", -128)}
