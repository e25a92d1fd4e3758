"""Between floats and small integers."""

from __future__ import annotations

import numpy as np

from .cpu import target
from .fixed_point import round_half_away
from .kernel import device, kernel
from .lazy import simd

LANES = target().lanes


@device
def value_range(x, count):
    """The smallest and the largest of `count` > 0 floats."""
    low = x[0]
    high = x[0]
    i = 0
    if count >= LANES:
        lows = simd.load(x, LANES)
        highs = lows
        while i + LANES <= count:
            vector = simd.load(x + i, LANES)
            lows = simd.minimum(vector, lows)
            highs = simd.maximum(vector, highs)
            i += LANES
        low = simd.reduce_min(lows)
        high = simd.reduce_max(highs)
    while i < count:
        low = min(x[i], low)
        high = max(x[i], high)
        i += 1
    return low, high


@device
def scale_and_round(to, x, count, scale, zero, low, high):
    """to = zero + x * scale in float, rounded half away from zero, within low..high."""
    i = 0
    scales = simd.splat(scale, LANES)
    while i < count:
        # The last vector moves back to end with the last value; a range shorter than a vector is read into the slack.
        if i + LANES > count:
            i = max(count - LANES, 0)
        rounded = simd.to_i32(round_half_away(simd.load(x + i, LANES) * scales + zero))
        rounded = simd.to_i8(simd.minimum(simd.maximum(rounded, low), high))
        if count >= LANES:
            simd.store(to + i, rounded)
        else:
            for j in range(count):
                to[j] = simd.lane(rounded, j)
        i += LANES


@kernel("f32_quantize_batches", input="f32*", output="i8*", scales="f32*", zeros="i32*", count="i64", asymmetric="i64")
def f32_quantize_batches(a, lo, hi, scratch):
    """Quantize each batch of `count` floats by its own range, as the reference does before hybrid kernels.

    Symmetric: scale = largest magnitude / 127. Asymmetric: the range widened to hold 0, over -128..127.
    """
    for batch in range(lo, hi):
        x = a.input + batch * a.count
        to = a.output + batch * a.count
        low, high = value_range(x, a.count)
        a.zeros[batch] = 0
        if a.asymmetric == 0:
            size = max(abs(low), abs(high))
            if size == 0:
                a.scales[batch] = 1
                for i in range(a.count):
                    to[i] = 0
                continue
            a.scales[batch] = size / np.float32(127)
            scale_and_round(to, x, a.count, np.float32(127) / size, np.float32(0), -127, 127)
            continue
        least, most = np.float64(min(low, np.float32(0))), np.float64(max(high, np.float32(0)))
        if least == most:
            a.scales[batch] = 1
            for i in range(a.count):
                to[i] = 0
            continue
        step = (most - least) / 255.0
        # The end whose zero point is the more exact one decides.
        if 128.0 + abs(least / step) < 127.0 + abs(most / step):
            zero = -128.0 - least / step
        else:
            zero = 127.0 - most / step
        zero = min(max(np.floor(abs(zero) + 0.5) * (1.0 if zero >= 0 else -1.0), -128.0), 127.0)
        a.scales[batch] = np.float32(step)
        a.zeros[batch] = np.int32(zero)
        scale_and_round(to, x, a.count, np.float32(1) / np.float32(step), np.float32(zero), -128, 127)
