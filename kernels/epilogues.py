"""Epilogues of quantized layers: from int32 sums to whole output steps, by requantization method.

An arithmetic names a method for each operator (tinylite/arithmetic/); a matrix or depthwise kernel is made of each method here. Before
the weights of `width` columns stand HEADER_WORDS words for each: their biases, then what `constants` reads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .cpu import target
from .fixed_point import requantize, round_half_away, round_half_up
from .kernel import Device, device
from .lazy import simd

__all__ = ["EPILOGUES", "HEADER_WORDS", "Epilogue"]

LANES = target().lanes
HEADER_WORDS = 4


class Epilogue(NamedTuple):
    """One method.

    factors    how real factors are stored in the header: "fixed" (rows of multipliers, left and right shifts), "marked" (the same, where
               ~right stands for right in columns whose halves go away from zero), "once" (the same, of which one to the right at least),
               "f64" (an empty row, then doubles over two), "f32" (a row of floats, two empty ones)
    constants  (header, width, v) -> what `apply` takes for the columns of vector `v`
    apply      (sums, constants) -> a vector of int32: sums times factors, rounded; the zero point is added and the clamp done afterwards
    """

    factors: str
    constants: Device
    apply: Device


@device
def three_rows(header, width, v):
    at = header + v * LANES
    return simd.load(at + width, LANES), simd.load(at + 2 * width, LANES), simd.load(at + 3 * width, LANES)


@device
def fixed_apply(sums, constants):
    return requantize(sums, constants[0], constants[1], constants[2])


@device
def marked_constants(header, width, v):
    multiplier, left, marked = three_rows(header, width, v)
    away = marked >> 31
    return multiplier, left, marked ^ away, away


@device
def marked_apply(sums, constants):
    multiplier, left, right, away = constants
    return round_half_up(simd.high_product(sums << left, multiplier), right, away)


@device
def once_constants(header, width, v):
    multiplier, left, right = three_rows(header, width, v)
    return multiplier, left, right, simd.splat(np.int32(2**31 - 1), LANES) >> left


@device
def once_apply(sums, constants):
    multiplier, left, right, largest = constants
    # What a shift to the left would lead out of reach ends there.
    within = simd.minimum(simd.maximum(sums, largest ^ np.int32(-1)), largest)
    # With one bit to the right at least, rounding down before it does not change which half is nearer.
    return round_half_up(simd.high_product_down(within << left, multiplier), right, right ^ right)


@device
def double_constants(header, width, v):
    return simd.load(simd.cast(header + 2 * width, np.float64) + v * LANES, LANES)


@device
def double_apply(sums, constants):
    return simd.to_i32(round_half_away(simd.to_f64(sums) * constants))


@device
def float_constants(header, width, v):
    return simd.load(simd.cast(header + width, np.float32) + v * LANES, LANES)


@device
def float_apply(sums, constants):
    scaled = simd.to_f32(sums) * constants
    # In reach of an int32 first, and far outside of 8 bits.
    return simd.to_i32(simd.round_even(simd.minimum(simd.maximum(scaled, np.float32(-65536)), np.float32(65536))))


EPILOGUES = {
    # gemmlowp's double rounding: high product with halves up, then the shift with halves away from zero.
    "fixed": Epilogue("fixed", three_rows, fixed_apply),
    # The same with halves up in the shift too, but for the columns that are marked.
    "halves_up": Epilogue("marked", marked_constants, marked_apply),
    # The product and its shift rounded once, halves up.
    "once": Epilogue("once", once_constants, once_apply),
    # Double precision, halves away from zero.
    "double": Epilogue("f64", double_constants, double_apply),
    # Single precision, halves to even.
    "float": Epilogue("f32", float_constants, float_apply),
}
