"""Epilogues of quantized layers: from int32 sums to whole output steps, by requantization method.

An arithmetic names a method for each operator (tinylite/arithmetic/); a matrix or depthwise kernel is made of each method here. Before
the weights of `width` columns stand HEADER_WORDS words for each: their biases, then what `constants` reads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .cpu import target
from .fixed_point import requantize, round_half_away
from .kernel import Device, device
from .lazy import simd

__all__ = ["EPILOGUES", "HEADER_WORDS", "Epilogue"]

LANES = target().lanes
HEADER_WORDS = 4


class Epilogue(NamedTuple):
    """One method.

    factors    how real factors are stored in the header: "fixed" (rows of multipliers, left and right shifts), "f64" (an empty row, then
               doubles over two), "f32" (a row of floats, two empty ones)
    constants  (header, width, v) -> what `apply` takes for the columns of vector `v`
    apply      (sums, constants) -> a vector of int32: sums times factors, rounded; the zero point is added and the clamp done afterwards
    """

    factors: str
    constants: Device
    apply: Device


@device
def fixed_constants(header, width, v):
    at = header + v * LANES
    return simd.load(at + width, LANES), simd.load(at + 2 * width, LANES), simd.load(at + 3 * width, LANES)


@device
def fixed_apply(sums, constants):
    return requantize(sums, constants[0], constants[1], constants[2])


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
    "fixed": Epilogue("fixed", fixed_constants, fixed_apply),
    # Double precision, halves away from zero.
    "double": Epilogue("f64", double_constants, double_apply),
    # Single precision, halves to even.
    "float": Epilogue("f32", float_constants, float_apply),
}
