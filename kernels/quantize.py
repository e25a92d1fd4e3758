"""Between floats and small integers."""

from __future__ import annotations

import numpy as np

from .cpu import target
from .fixed_point import nearest, round_half_away
from .kernel import Kernel, device, kernel
from .lazy import simd
from .tails import store_first

LANES = target().lanes


@device
def value_range(x, count):
    """The smallest and the largest of `count` > 0 floats, and 0, or NaN where any of them is NaN or infinite."""
    low = x[0]
    high = x[0]
    odd = np.float32(0)
    i = 0
    if count >= LANES:
        lows = simd.load(x, LANES)
        highs = lows
        odds = simd.splat(np.float32(0), LANES)
        while i + LANES <= count:
            vector = simd.load(x + i, LANES)
            lows = simd.minimum(vector, lows)
            highs = simd.maximum(vector, highs)
            odds = odds + (vector - vector)
            i += LANES
        low = simd.reduce_min(lows)
        high = simd.reduce_max(highs)
        odd = simd.reduce_add(odds)
    while i < count:
        low = min(x[i], low)
        high = max(x[i], high)
        odd += x[i] - x[i]
        i += 1
    return low, high, odd


# LiteRT quantizes floats for hybrid kernels in groups of as many, and rounds what is left over by another formula.
GROUP = 8


@device
def scale_and_round(to, x, count, scale, zero, low, high):
    """to = zero + x * scale rounded half away from zero, within low..high, as LiteRT's code for SSE does it.

    That is, whole groups add a half and truncate, which makes 1 of the number before 0.5; the rest is rounded exactly.
    """
    scales = simd.splat(scale, LANES)
    grouped = count // GROUP * GROUP
    i = 0
    while i < count:
        # What is read behind the end lies in the slack.
        scaled = simd.load(x + i, LANES) * scales
        if i < grouped:
            whole = simd.to_i32(scaled + simd.copy_sign(np.float32(0.5), scaled))
            end = grouped
        else:
            whole = simd.to_i32(round_half_away(scaled))
            end = count
        rounded = simd.to_i8(simd.minimum(simd.maximum(whole + zero, low), high))
        if end - i >= LANES:
            simd.store(to + i, rounded)
        else:
            for lane in range(end - i):
                to[i + lane] = simd.lane(rounded, lane)
        i = min(i + LANES, end)


# 255 / x is a float for every x above it.
_SMALLEST = np.float32(7.5e-37)


@device
def quantize_batch(x, count, to, asymmetric):
    """Quantize `count` > 0 floats by their own range, as the reference does before hybrid kernels. Gives scale and zero point.

    Symmetric: scale = largest magnitude / 127. Asymmetric: the range widened to hold 0, over -128..127. What is 0, or so near to it
    that the scale has no inverse, has the scale 1. NaN or an infinity has no range: the scale is NaN, and so is all that it multiplies.
    """
    low, high, odd = value_range(x, count)
    if odd != odd:
        for i in range(count):
            to[i] = np.int8(0)
        return odd, np.int32(0)
    scale = np.float32(1)
    inverse = np.float32(0)
    zero = np.int32(0)
    if asymmetric == 0:
        size = max(abs(low), abs(high))
        if size > _SMALLEST:
            scale = size / np.float32(127)
            inverse = np.float32(127) / size
        scale_and_round(to, x, count, inverse, zero, np.int32(-127), np.int32(127))
        return scale, zero
    least, most = min(low, np.float32(0)), max(high, np.float32(0))
    if most - least > _SMALLEST:
        step = np.float64(most - least) / 255.0
        # The end whose zero point is the more exact one decides.
        if 128.0 + abs(least / step) < 127.0 + abs(most / step):
            exact = -128.0 - least / step
        else:
            exact = 127.0 - most / step
        exact = min(max(np.floor(abs(exact) + 0.5) * (1.0 if exact >= 0 else -1.0), -128.0), 127.0)
        scale = np.float32(step)
        inverse = np.float32(1.0 / np.float64(scale))
        zero = np.int32(exact)
    scale_and_round(to, x, count, inverse, zero, np.int32(-128), np.int32(127))
    return scale, zero


@kernel("f32_quantize_batches", input="f32*", output="i8*", scales="f32*", zeros="i32*", count="i64", asymmetric="i64")
def f32_quantize_batches(a, lo, hi, scratch):
    """Quantize each batch of `count` floats by its own range."""
    for batch in range(lo, hi):
        scale, zero = quantize_batch(a.input + batch * a.count, a.count, a.output + batch * a.count, a.asymmetric)
        a.scales[batch] = scale
        a.zeros[batch] = zero


BLOCK = 4096


def _make_quantize(name: str, output: str) -> Kernel:
    out_type = {"u8": np.uint8, "i8": np.int8}[output]

    @kernel(name, x="f32*", out=output + "*", count="i64", scale="f32", zero="i32", low="i32", high="i32")
    def quantize(a, lo, hi, scratch):
        """x / scale rounded half away from zero, + zero, within low..high; NaN gives low."""
        tail_buffer = simd.pointer(scratch, out_type)
        scales = simd.splat(a.scale, LANES)
        for first in range(lo * BLOCK, min(hi * BLOCK, a.count), LANES):
            i = max(min(first, a.count - LANES), 0)
            rounded = round_half_away(simd.load(a.x + i, LANES) / scales)
            # In reach of an int32 first, so that what is too large does not turn negative.
            rounded = simd.minimum(simd.maximum(rounded, np.float32(-1e6)), np.float32(1e6))
            whole = simd.minimum(simd.maximum(simd.to_i32(rounded) + a.zero, a.low), a.high)
            store_first(a.out + i, simd.to_u8(whole) if output == "u8" else simd.to_i8(whole), a.count - i, tail_buffer)

    return quantize


f32_quantize = {"UINT8": _make_quantize("f32_quantize_u8", "u8"), "INT8": _make_quantize("f32_quantize_i8", "i8")}


def _make_quantize_even(name: str, output: str) -> Kernel:
    out_type = {"u8": np.uint8, "i8": np.int8}[output]

    @kernel(name, x="f32*", out=output + "*", count="i64", inverse="f32", invalid="f32", zero="i32", low="i32", high="i32")
    def quantize(a, lo, hi, scratch):
        """x * inverse rounded half to even, + zero, within low..high; NaN counts as `invalid` times the scale."""
        tail_buffer = simd.pointer(scratch, out_type)
        inverses, invalids = simd.splat(a.inverse, LANES), simd.splat(a.invalid, LANES)
        for first in range(lo * BLOCK, min(hi * BLOCK, a.count), LANES):
            i = max(min(first, a.count - LANES), 0)
            scaled = simd.load(a.x + i, LANES) * inverses
            scaled = simd.select(scaled == scaled, scaled, invalids)
            # In reach of an int32 first, so that what is too large does not turn negative.
            scaled = simd.minimum(simd.maximum(scaled, np.float32(-1e6)), np.float32(1e6))
            whole = simd.minimum(simd.maximum(simd.to_i32(simd.round_even(scaled)) + a.zero, a.low), a.high)
            store_first(a.out + i, simd.to_u8(whole) if output == "u8" else simd.to_i8(whole), a.count - i, tail_buffer)

    return quantize


f32_quantize_even = {
    "UINT8": _make_quantize_even("f32_quantize_even_u8", "u8"),
    "INT8": _make_quantize_even("f32_quantize_even_i8", "i8"),
}


def _make_quantize_rest(name: str, output: str) -> Kernel:
    @kernel(name, x="f32*", out=output + "*", count="i64", scale="f32", zero="i32", low="i32", high="i32")
    def quantize(a, lo, hi, scratch):
        """x / scale in double, rounded half away from zero, + zero, within low..high; NaN gives low. For a few numbers."""
        for i in range(lo * BLOCK, min(hi * BLOCK, a.count)):
            steps = nearest(np.float64(a.x[i]) / np.float64(a.scale))
            # In reach of an int32 first; NaN, which is not above any number, becomes the least.
            steps = min(steps, 1e6) if steps > -1e6 else -1e6
            a.out[i] = min(max(np.int64(steps) + a.zero, a.low), a.high)

    return quantize


f32_quantize_rest = {
    "UINT8": _make_quantize_rest("f32_quantize_rest_u8", "u8"),
    "INT8": _make_quantize_rest("f32_quantize_rest_i8", "i8"),
}


def _make_dequantize(name: str, element: str) -> Kernel:
    @kernel(name, x=element + "*", out="f32*", count="i64", scales="f32*", zeros="i32*", channels="i64", inner="i64")
    def dequantize(a, lo, hi, scratch):
        """(x - zero) * scale by channel, of which each has `inner` neighbouring elements."""
        end = min(hi * BLOCK, a.count)
        if a.channels == 1:
            for i in range(lo * BLOCK, end):
                a.out[i] = np.float32(np.int32(a.x[i]) - a.zeros[0]) * a.scales[0]
        else:
            for i in range(lo * BLOCK, end):
                c = (i // a.inner) % a.channels
                a.out[i] = np.float32(np.int32(a.x[i]) - a.zeros[c]) * a.scales[c]

    return dequantize


dequantize = {
    "UINT8": _make_dequantize("u8_dequantize", "u8"),
    "INT8": _make_dequantize("i8_dequantize", "i8"),
    "INT16": _make_dequantize("i16_dequantize", "i16"),
}


def _make_dequantize_shifted(name: str, element: str) -> Kernel:
    @kernel(name, x=element + "*", out="f32*", count="i64", scale="f32", shift="f32")
    def dequantize(a, lo, hi, scratch):
        """x * scale + shift, both rounded."""
        for i in range(lo * BLOCK, min(hi * BLOCK, a.count)):
            a.out[i] = np.float32(np.float32(a.x[i]) * a.scale) + a.shift

    return dequantize


dequantize_shifted = {
    "UINT8": _make_dequantize_shifted("u8_dequantize_shifted", "u8"),
    "INT8": _make_dequantize_shifted("i8_dequantize_shifted", "i8"),
}
