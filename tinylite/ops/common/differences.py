"""How far 8-bit values are from the largest of their row, in fixed point: what softmax and its logarithm start from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...quantization_math import exp_on_negative_values, multiplier_and_shift, multiply_high, wrap
from .operator import Node

__all__ = ["Differences", "scaled_differences"]

_INTEGER_BITS = 5


class Differences(NamedTuple):
    """The differences 0..255 as -(difference step) with 5 integer bits, int64 [256]; beyond `radius` they do not fit.

    They are multiplier * 2^(shift - 31) apart.
    """

    scaled: np.ndarray
    multiplier: int
    shift: int
    radius: int

    def powers(self) -> np.ndarray:
        """e^-(difference step) with 31 fractional bits; -1 beyond the radius, where the reference skips it."""
        return np.where(np.arange(256) <= self.radius, exp_on_negative_values(self.scaled, _INTEGER_BITS), -1)


def scaled_differences(node: Node, step: float) -> Differences:
    """For values `step` apart: the scale of the input, times beta. LiteRT's PreprocessSoftmaxScaling and CalculateInputRadius."""
    node.require(step > 0, f"its beta times the scale of its input is {step}, which is not positive")
    # A multiplier above 1, and no more than an int32 holds.
    factor = min(step * (1 << (31 - _INTEGER_BITS)), 2.0**31 - 1)
    node.require(factor > 1, f"the scale of its input {node.input(0)} is too small for fixed point")
    multiplier, shift = multiplier_and_shift(factor)
    radius = int(np.floor(((1 << _INTEGER_BITS) - 1) * (1 << (31 - _INTEGER_BITS)) / (1 << shift)))
    wrapped = wrap(-np.arange(256, dtype=np.int64) << shift)
    return Differences(multiply_high(wrapped, multiplier), multiplier, shift, radius)
