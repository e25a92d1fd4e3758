"""Two arrays that two models have in the same place: how many values differ, and by how much, in steps and as real numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..model import Quantization, Tensor
from ..quantization_math import power_below

__all__ = ["ValueDifference", "difference"]

_CHUNK = 1 << 20  # elements that are compared at a time
# Half of the last digit of a float in proportion to the power of two below it, and of the least float, by type: what rounding may do.
_ROUNDING = {"FLOAT16": (2.0**-11, 2.0**-25), "BFLOAT16": (2.0**-8, 0.0), "FLOAT32": (2.0**-24, 2.0**-150)}
_BIT_PATTERNS = ("BFLOAT16", "FLOAT8_E4M3FN", "FLOAT8_E5M2")  # what numpy shows as integers, and is none


@dataclass(frozen=True)
class ValueDifference:
    """How the values of B differ from those of A.

    count      how many there are
    differing  how many differ. Where both files store them alike (type, scale, zero point), those that are not equal; where not, those
               whose real numbers are more than half a step apart, or of floats half the last digit of the type that has fewer
    steps      the largest difference in steps of the scale: whole numbers where both store them alike. Of integers without a scale, the
               largest difference. None for floats
    real       the largest difference of real numbers, infinite where one is NaN or infinite and the other is not; None without a scale
    largest    the largest magnitude of the real numbers of A, that `real` may be seen in proportion to
    mean       the mean of the magnitudes of the differences of real numbers that are finite; None without a scale
    place      where the difference is largest; None if no value differs
    a, b       the values there as they are stored
    """

    count: int
    differing: int
    steps: float | None = None
    real: float | None = None
    largest: float | None = None
    mean: float | None = None
    place: tuple[int, ...] | None = None
    a: float | int | None = None
    b: float | int | None = None

    @property
    def share(self) -> float:
        """The share of the values that differ, from 0 to 1."""
        return self.differing / self.count if self.count else 0.0


def difference(a: np.ndarray, b: np.ndarray, tensor_a: Tensor, tensor_b: Tensor, bits: bool = False) -> ValueDifference | None:
    """Compare values of the same shape, as these tensors store them; None if they cannot be compared.

    With `bits`, floats differ where their bits do: 0 and -0 are not the same.
    """
    if a.shape != b.shape or not comparable(tensor_a, tensor_b):
        return None
    scales = [_Scale.of(tensor, a.shape) for tensor in (tensor_a, tensor_b)]
    if any(scale is None for scale in scales):
        return None
    comparison = _Comparison(tensor_a, tensor_b, scales[0], scales[1], bits)  # type: ignore[arg-type]
    flat = [np.ascontiguousarray(each).reshape(-1) for each in (a, b)]
    for start in range(0, flat[0].size, _CHUNK):
        comparison.add(flat[0][start : start + _CHUNK], flat[1][start : start + _CHUNK], start)
    return comparison.result(flat[0].size, a.shape)


def comparable(a: Tensor, b: Tensor) -> bool:
    """Whether values of two tensors mean something to each other."""
    if not (a.is_numeric and b.is_numeric):
        return False
    if a.type in _BIT_PATTERNS or b.type in _BIT_PATTERNS:
        return a.type == b.type or {a.type, b.type} <= {"BFLOAT16", "FLOAT32", "FLOAT16"}
    kinds = {np.dtype(tensor_kind(tensor)).kind for tensor in (a, b)}
    return len(kinds) == 1 or kinds <= set("fiu")


def tensor_kind(tensor: Tensor) -> Any:
    from ..tensor_types import tensor_dtype

    return np.float32 if tensor.type == "BFLOAT16" else tensor_dtype(tensor.type)


@dataclass
class _Scale:
    """What stored numbers mean: scale and zero point of each element by its place in a flat array; no scale for plain numbers."""

    scale: np.ndarray
    zero: np.ndarray
    inner: int
    quantized: bool

    @classmethod
    def of(cls, tensor: Tensor, shape: tuple[int, ...]) -> _Scale | None:
        params: Quantization | None = tensor.quantization_params
        if params is None or np.dtype(tensor_kind(tensor)).kind not in "iu":
            return cls(np.ones(1), np.zeros(1), 1, False)
        with np.errstate(invalid="ignore"):  # for a NaN that would signal
            scale = params.scale.astype(np.float64)
        zero = params.zero_point.astype(np.float64) if params.zero_point.size else np.zeros(1)
        if zero.size not in (1, scale.size):
            return None
        inner = 1
        if scale.size > 1:
            axis = params.quantized_dimension
            if not 0 <= axis < len(shape) or shape[axis] != scale.size:
                return None
            inner = math.prod(shape[axis + 1 :])
        return cls(scale, zero, inner, True)

    def at(self, start: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Scales and zero points of the elements from one place on; [1] if all are the same."""
        if self.scale.size == 1:
            return self.scale, self.zero
        channel = np.arange(start, start + count) // self.inner % self.scale.size
        return self.scale[channel], self.zero[channel] if self.zero.size > 1 else self.zero

    def same(self, other: _Scale) -> bool:
        return (
            self.quantized == other.quantized
            and (self.inner == other.inner or self.scale.size == 1)
            and np.array_equal(self.scale, other.scale)
            and np.array_equal(self.zero, other.zero)
        )


class _Comparison:
    def __init__(self, a: Tensor, b: Tensor, scale_a: _Scale, scale_b: _Scale, bits: bool) -> None:
        self.a, self.b, self.scale_a, self.scale_b, self.bits = a, b, scale_a, scale_b, bits
        self.alike = a.type == b.type and scale_a.same(scale_b)
        self.patterns = self.alike and a.type in _BIT_PATTERNS[1:]
        self.quantized = scale_a.quantized or scale_b.quantized
        kinds = {np.dtype(tensor_kind(tensor)).kind for tensor in (a, b)}
        self.floats = not kinds.isdisjoint("fc")
        self.differing, self.total, self.finite = 0, 0.0, 0
        self.steps = self.real = self.largest = 0.0
        self.worst = -1.0
        self.place: int | None = None
        self.values: tuple[Any, Any] = (None, None)

    def add(self, a: np.ndarray, b: np.ndarray, start: int) -> None:
        unequal = _bits(a) != _bits(b) if self.bits and self.alike else None
        if self.alike and unequal is None:
            unequal = (a != b) & ~((a != a) & (b != b))  # NaN is itself
        if self.patterns:
            assert unequal is not None
            self._note(unequal, unequal.astype(np.float64), a, b, start)
            return
        with np.errstate(all="ignore"):
            real_a, scale_a = self._real(a, self.a, self.scale_a, start)
            real_b, scale_b = self._real(b, self.b, self.scale_b, start)
            apart = np.abs(real_a - real_b)
            apart[(real_a == real_b) | (np.isnan(real_a) & np.isnan(real_b))] = 0
            apart[np.isnan(apart)] = np.inf
            steps = apart / np.maximum(scale_a, scale_b) if self.quantized else apart
            size = np.abs(real_a)
            if self.quantized:
                rounding = 0.501 * np.maximum(scale_a, scale_b) + 2.0**-23 * size  # half a step, and the last digit of floats
            else:
                proportion, least = max(_ROUNDING.get(str(tensor.type), (0.0, 0.0)) for tensor in (self.a, self.b))
                rounding = 1.001 * np.maximum(proportion * power_below(size), least)
        if self.alike and a.dtype.kind in "iub":
            steps = _apart(a, b)
        if unequal is None:
            unequal = apart > (rounding if self.floats or self.quantized else 0)
        self.largest = max(self.largest, float(size.max(where=np.isfinite(size), initial=0.0)))
        finite = np.isfinite(apart)
        self.total += float(apart.sum(where=finite))
        self.finite += int(finite.sum())
        self.real = max(self.real, float(apart.max(initial=0.0)))
        self.steps = max(self.steps, float(steps.max(initial=0.0)))
        self._note(unequal, np.asarray(steps), a, b, start)

    def _real(self, values: np.ndarray, tensor: Tensor, scale: _Scale, start: int) -> tuple[np.ndarray, np.ndarray]:
        """The real numbers, float64, and the scale of each."""
        if values.dtype.kind == "c":
            return values.astype(np.complex128), np.ones(1)
        if tensor.type == "BFLOAT16":
            values = (values.astype(np.uint32) << np.uint32(16)).view(np.float32)
        if not scale.quantized:
            return values.astype(np.float64), np.zeros(1)
        scales, zeros = scale.at(start, values.size)
        return (values.astype(np.float64) - zeros) * scales, np.abs(scales)

    def _note(self, unequal: np.ndarray, size: np.ndarray, a: np.ndarray, b: np.ndarray, start: int) -> None:
        count = int(np.count_nonzero(unequal))
        if not count:
            return
        self.differing += count
        size = np.where(unequal, size, -1.0)
        place = int(np.argmax(size))
        if float(size[place]) > self.worst:
            self.worst, self.place, self.values = float(size[place]), start + place, (_plain(a[place]), _plain(b[place]))

    def result(self, count: int, shape: tuple[int, ...]) -> ValueDifference:
        place = None if self.place is None else tuple(map(int, np.unravel_index(self.place, shape)))
        if self.patterns:
            return ValueDifference(count, self.differing, place=place, a=self.values[0], b=self.values[1])
        numbers = self.floats or self.quantized
        integers = self.quantized or not self.floats
        return ValueDifference(
            count,
            self.differing,
            steps=self.steps if integers else None,
            real=self.real if numbers else None,
            largest=self.largest if numbers else None,
            mean=self.total / max(self.finite, 1) if numbers else None,
            place=place,
            a=self.values[0],
            b=self.values[1],
        )


def _bits(values: np.ndarray) -> np.ndarray:
    return values.view(f"u{values.dtype.itemsize}") if values.dtype.kind == "f" else values


def _apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The difference of whole numbers, exact before it becomes float64."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    if a.dtype.kind == "u":
        return (high - low).astype(np.float64)
    return (high.astype(np.int64).view(np.uint64) - low.astype(np.int64).view(np.uint64)).astype(np.float64)


def _plain(value: Any) -> Any:
    plain = value.item()
    return abs(plain) if isinstance(plain, complex) else plain
