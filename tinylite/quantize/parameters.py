"""Scale and zero point of a range, and numbers in them: the arithmetic that both of the converters share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ConvertError
from ..model import Quantization, Tensor
from ..quantization_math import affine_parameters, integer_limits, nudge_range, quantize_in_double
from ..tensor_types import tensor_dtype

__all__ = ["Parameters", "Range", "choose", "nudged_range", "quantized", "range_of_values"]


@dataclass(frozen=True)
class Range:
    """The real numbers that a tensor may hold. `narrow` leaves out the least integer, so that weights have as many on both sides."""

    low: float
    high: float
    narrow: bool = False

    def with_zero(self) -> Range:
        return Range(min(self.low, 0.0), max(self.high, 0.0), self.narrow)

    def union(self, other: Range) -> Range:
        return Range(min(self.low, other.low), max(self.high, other.high), self.narrow and other.narrow)

    def __str__(self) -> str:
        return f"[{self.low:g}, {self.high:g}]"


@dataclass(frozen=True)
class Parameters:
    """real = scale * (stored - zero_point). The scale is kept in double, as values are quantized with it; a file holds it in float32."""

    type: str
    scale: float
    zero_point: int

    def range(self) -> Range:
        """What the stored numbers can mean."""
        low, high = integer_limits(self.type)
        return Range((low - self.zero_point) * self.scale, (high - self.zero_point) * self.scale)

    def quantization(self, range: Range | None = None) -> Quantization:
        """As a tensor has them, beside the range that they were made from."""
        made = Quantization(np.array([self.scale], np.float32), np.array([self.zero_point]))
        if range is not None:
            made.min, made.max = np.array([range.low], np.float32), np.array([range.high], np.float32)
        return made


def choose(range: Range, type: str, told: bool = False) -> Parameters:
    """The parameters of a range that holds 0 (see quantization_math.affine_parameters).

    They are computed as UINT8, as training does it; INT8 stores the same steps less 128. A range that was `told` for this very type is
    computed as this type.
    """
    offset = 0 if told else integer_limits(type)[0]
    first, last = (end - offset for end in integer_limits(type, range.narrow))
    scale, zero = affine_parameters(range.low, range.high, first, last)
    return Parameters(type, float(scale), int(zero) + offset)


def nudged_range(range: Range) -> Range:
    """The range that TensorFlow's training kernels round to 8 bits with: moved so that 0 is a step, its width kept."""
    if range.low == range.high:
        return range
    low, high, _ = nudge_range(range.low, range.high, 8, range.narrow)
    return Range(float(low), float(high), range.narrow)


def quantized(values: np.ndarray, parameters: Parameters, narrow: bool = False) -> np.ndarray:
    """Real numbers as stored ones, of the type's dtype: rounded half away from zero in double, and saturated."""
    found = quantize_in_double(values, parameters.scale, parameters.zero_point, *integer_limits(parameters.type, narrow))
    return found.astype(tensor_dtype(parameters.type))


def range_of_values(tensor: Tensor) -> Range:
    """The range of a constant that has none of its own: that of its values and 0, or [0, 1] where all are 0.

    Raises ConvertError for a tensor that is computed, of which only a FakeQuant or a default could tell a range.
    """
    values = tensor.data
    if values is None:
        raise ConvertError(f"{tensor.name!r} is computed and has no range", "Quantize it in training, or give default_range")
    low, high = (min(float(values.min()), 0.0), max(float(values.max()), 0.0)) if values.size else (0.0, 0.0)
    return Range(low, high) if low < high else Range(0.0, 1.0)
