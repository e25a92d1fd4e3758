"""Ranges of real numbers, the scales and zero points that are made of them, and numbers stored by these.

Both have one number for a whole tensor, or one for each index along a dimension, `axis`: a tuple.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import ConvertError
from ..model import Quantization, Tensor
from ..quantization_math import affine_parameters, integer_limits, nudge_range, quantize_in_double
from ..tensor_types import tensor_dtype

__all__ = ["Parameters", "Range", "choose", "nudged_range", "quantized", "range_of_values"]


def _plain(values: Any) -> Any:
    """An array as a number or a tuple of them, which can be compared and be keys."""
    values = np.asarray(values)
    return values.item() if values.ndim == 0 else tuple(values.tolist())


@dataclass(frozen=True)
class Range:
    """The real numbers that a tensor may hold. `narrow` leaves out the least integer, so that weights have as many on both sides."""

    low: Any  # a float, or a tuple of them: numpy takes both, a type checker neither
    high: Any
    narrow: bool = False
    axis: int = 0

    @staticmethod
    def of(low: Any, high: Any, narrow: bool = False, axis: int = 0) -> Range:
        """A range of numbers or arrays [channels], of doubles."""
        return Range(_plain(np.asarray(low, np.float64)), _plain(np.asarray(high, np.float64)), narrow, axis)

    @property
    def per_channel(self) -> bool:
        return isinstance(self.low, tuple)

    @property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Both ends as arrays of doubles, [] or [channels]."""
        return np.asarray(self.low, np.float64), np.asarray(self.high, np.float64)

    def with_zero(self) -> Range:
        low, high = self.ends
        return Range.of(np.minimum(low, 0.0), np.maximum(high, 0.0), self.narrow, self.axis)

    def union(self, other: Range) -> Range:
        """The least range that holds both, one for the whole tensor."""
        (low, high), (other_low, other_high) = self.ends, other.ends
        return Range(float(min(low.min(), other_low.min())), float(max(high.max(), other_high.max())), self.narrow and other.narrow)

    def __str__(self) -> str:
        if not self.per_channel:
            return f"[{self.low:g}, {self.high:g}]"
        return f"[{min(self.low):g}, {max(self.high):g}] in {len(self.low)} channels"


@dataclass(frozen=True)
class Parameters:
    """real = scale * (stored - zero_point). The scale is kept in double, as values are quantized with it; a file holds it in float32."""

    type: str
    scale: Any  # as the ends of a Range
    zero_point: Any
    axis: int = 0

    @staticmethod
    def of(type: str, scale: Any, zero_point: Any, axis: int = 0) -> Parameters:
        """Parameters of numbers or arrays [channels]."""
        return Parameters(type, _plain(np.asarray(scale, np.float64)), _plain(np.asarray(zero_point, np.int64)), axis)

    def range(self) -> Range:
        """What the stored numbers can mean."""
        scale, zero = np.asarray(self.scale), np.asarray(self.zero_point)
        low, high = integer_limits(self.type)
        return Range.of((low - zero) * scale, (high - zero) * scale, axis=self.axis)

    def quantization(self, range: Range | None = None) -> Quantization:
        """As a tensor has them, beside the range that they were made from."""
        made = Quantization(np.atleast_1d(np.asarray(self.scale, np.float32)), np.atleast_1d(np.asarray(self.zero_point)), self.axis)
        if range is not None:
            made.min, made.max = (np.atleast_1d(np.asarray(end, np.float32)) for end in (range.low, range.high))
        return made


def choose(range: Range, type: str, user_specified: bool = False) -> Parameters:
    """The parameters of a range that holds 0 (see quantization_math.affine_parameters).

    They are computed as UINT8, as training does it; INT8 stores the same steps less 128. A range that the user specified for this very
    type is computed as this type.
    """
    offset = 0 if user_specified else integer_limits(type)[0]
    first, last = (end - offset for end in integer_limits(type, range.narrow))
    scale, zero = affine_parameters(range.low, range.high, first, last)
    return Parameters.of(type, scale, zero + offset, range.axis)


def nudged_range(range: Range) -> Range:
    """The range that TensorFlow's training kernels round to 8 bits with: moved so that 0 is a step, its width kept."""
    if range.low == range.high:
        return range
    low, high, _ = nudge_range(range.low, range.high, 8, range.narrow)
    return Range.of(low, high, range.narrow, range.axis)


def quantized(values: np.ndarray, parameters: Parameters, narrow: bool = False) -> np.ndarray:
    """Real numbers as stored ones, of the type's dtype: rounded half away from zero in double, and saturated."""
    scale, zero = np.asarray(parameters.scale), np.asarray(parameters.zero_point)
    if scale.ndim:
        wide = [-1 if axis == parameters.axis else 1 for axis in range(values.ndim)]
        scale, zero = scale.reshape(wide), zero.reshape(wide)
    found = quantize_in_double(values, scale, zero, *integer_limits(parameters.type, narrow))
    return found.astype(tensor_dtype(parameters.type))


def range_of_values(tensor: Tensor, axis: int | None = None) -> Range:
    """The range of a constant that has none itself: that of its values and 0, or [0, 1] where all are 0; for each index along `axis`
    if one is given.

    Raises ConvertError for a tensor that is computed, for which only a source of ranges could state one.
    """
    values = tensor.data
    if values is None:
        raise ConvertError(f"{tensor.name!r} is computed and has no range", "Quantize it in training, or give default_range")
    others = None if axis is None else tuple(other for other in range(values.ndim) if other != axis)
    low = np.asarray(values.min(others, initial=0.0), np.float64)
    high = np.asarray(values.max(others, initial=0.0), np.float64)
    return Range.of(low, np.where(low < high, high, 1.0), axis=axis or 0)
