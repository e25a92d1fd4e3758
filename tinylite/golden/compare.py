"""Two arrays that should be the same: how many values differ, by how much, and where."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .golden import GoldenTensor, Record, native
from .tolerance import EXACT, Tolerance

__all__ = ["Difference", "compare_arrays", "compare_record", "steps_between"]


@dataclass(frozen=True)
class Difference:
    """How values differ from a golden's.

    tensor     which one
    problem    what prevents a comparison (another type or shape, NaN in other places), or None
    size       how many values there are
    count      how many differ at all
    beyond     how many differ by more than is allowed
    passes     whether the tolerance allows all of it
    steps      the largest difference: in stored steps of quantized tensors, whole numbers of other integers, floats that lie between
    real       the same in real numbers
    worst      where it is, and what the golden and the other hold there
    above      how many of those that differ are above the golden's
    histogram  how many values differ by how many steps, for the most frequent ones: ((-1, 12), (0, 500), (1, 9))
    """

    tensor: GoldenTensor
    problem: str | None
    size: int
    count: int = 0
    beyond: int = 0
    passes: bool = False
    steps: int = 0
    real: float = 0.0
    worst: tuple[int, ...] = ()
    golden: Any = None
    found: Any = None
    above: int = 0
    histogram: tuple[tuple[int, int], ...] = field(default=(), repr=False)

    @property
    def drift(self) -> str:
        """Where those that differ lie: "up" or "down" if nine of ten do, otherwise "both ways"; "" if none differs."""
        if not self.count:
            return ""
        share = self.above / self.count
        return "up" if share >= 0.9 else "down" if share <= 0.1 else "both ways"


def compare_arrays(found: np.ndarray, golden: np.ndarray, tensor: GoldenTensor, tolerance: Tolerance = EXACT) -> Difference:
    """How `found` differs from what a golden holds of a tensor. Types, shapes and places of NaN must be equal, whatever the tolerance."""
    size = golden.size
    if found.dtype != golden.dtype:
        real = tensor.is_quantized and found.dtype.kind == "f"
        holds = f"it holds real numbers, {found.dtype}, and the golden stored ones," if real else f"it is {found.dtype}, and the golden"
        return Difference(tensor, f"{holds} {golden.dtype}", size)
    if found.shape != golden.shape:
        return Difference(tensor, f"its shape is {list(found.shape)}, and the golden's {list(golden.shape)}", size)
    if found.dtype.kind == "c":
        return _complex(tensor, tolerance, found, golden)
    steps = steps_between(found, golden)
    if found.dtype.kind not in "iufb":
        return _described(tensor, tolerance, found, golden, steps, steps.astype(float), steps > 0)
    if found.dtype.kind == "f":
        return _floats(tensor, tolerance, found, golden, steps)
    allowed = tolerance.lsb if tensor.is_quantized else 0
    return _described(tensor, tolerance, found, golden, steps, np.abs(steps) * _scales(tensor, steps), np.abs(steps) > allowed)


def compare_record(value: Any, record: Record, tensor: GoldenTensor, tolerance: Tolerance = EXACT) -> Difference | None:
    """How a value, an array or a CRC32 as an int, differs from what a golden holds; None if it does not.

    Where one of both is hashes only, nothing but equality can be said.
    """
    if isinstance(value, (int, np.integer)):
        if int(value) == record.crc32:
            return None
        return Difference(tensor, f"its CRC32 is {int(value):08x}, and the golden's {record.crc32:08x}", record.size)
    found = native(np.asarray(value))
    if tensor.dtype == "str" and found.dtype.kind in "SU":
        found = found.astype(object)
    if record.value is not None:
        if _same_bits(found, record.value):
            return None
        difference = compare_arrays(found, record.value, tensor, tolerance)
        return difference if difference.count or difference.problem else None
    dtype = "str" if found.dtype == object else found.dtype.name
    if tensor.dtype != dtype:
        return Difference(tensor, f"it is {dtype}, and the golden {tensor.dtype}", record.size)
    if found.shape != record.shape:
        return Difference(tensor, f"its shape is {list(found.shape)}, and the golden's {list(record.shape)}", record.size)
    now = Record.of(found, keep=False)
    if now == record:
        return None
    return Difference(tensor, f"its CRC32 is {now.crc32:08x}, and the golden, which holds hashes only, has {record.crc32:08x}", record.size)


def _same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays are the same type, shape and bytes: 8 bytes at a time, a fraction of what comparing values takes."""
    if a.dtype != b.dtype or a.shape != b.shape or a.dtype.hasobject:
        return False
    if a.size < 64:
        return a.tobytes() == b.tobytes()
    if not (a.flags.c_contiguous and b.flags.c_contiguous):
        return bool(np.array_equal(a, b))
    x, y = (each.reshape(-1).view(np.uint8) for each in (a, b))
    whole = x.size // 8 * 8
    return np.array_equal(x[:whole].view(np.uint64), y[:whole].view(np.uint64)) and np.array_equal(x[whole:], y[whole:])


def real_parts(values: np.ndarray) -> np.ndarray:
    """Complex values as floats, with one more dimension of 2; others as they are."""
    if values.dtype.kind != "c":
        return values
    return np.ascontiguousarray(values).view(values.real.dtype).reshape(*values.shape, 2)


def steps_between(found: np.ndarray, golden: np.ndarray) -> np.ndarray:
    """found - golden of each value, int64, for arrays of the same type and shape: whole numbers of integers, how many floats of the type
    lie between floats (0 where both are NaN), and 1 where text differs. What does not fit is the largest that does."""
    if found.dtype.kind not in "iufb":
        return np.asarray(found != golden, bool).astype(np.int64)
    if found.dtype.kind == "f":
        same = (found == golden) | (np.isnan(found) & np.isnan(golden))  # 0 and -0 are the same too
        return np.where(same, 0, _clipped(_ordered(found), _ordered(golden)))
    return _clipped(found, golden) if found.dtype.itemsize == 8 else found.astype(np.int64) - golden.astype(np.int64)


def _clipped(found: np.ndarray, golden: np.ndarray) -> np.ndarray:
    """found - golden of 64-bit integers as int64; what does not fit is the largest that does."""
    with np.errstate(over="ignore"):
        ahead, size = found > golden, np.where(found > golden, found - golden, golden - found).view(np.uint64)
    size = np.minimum(size, np.uint64(2**63 - 1)).astype(np.int64)
    return np.where(ahead, size, -size)


def _scales(tensor: GoldenTensor, steps: np.ndarray) -> Any:
    """The size of a step, which broadcasts with the values: 1 where there is no scale."""
    if not tensor.is_quantized:
        return 1.0
    scale = np.asarray(tensor.scale, np.float64)
    if scale.size == 1:
        return scale[0]
    axis = tensor.axis if 0 <= tensor.axis < steps.ndim and steps.shape[tensor.axis] == scale.size else None
    return 1.0 if axis is None else scale.reshape([-1 if each == axis else 1 for each in range(steps.ndim)])


def _complex(tensor: GoldenTensor, tolerance: Tolerance, found: np.ndarray, golden: np.ndarray) -> Difference:
    """Real and imaginary parts are compared each for itself; the place is that of the number."""
    found_parts, golden_parts = real_parts(found), real_parts(golden)
    difference = _floats(tensor, tolerance, found_parts, golden_parts, steps_between(found_parts, golden_parts))
    if not difference.count:
        return difference
    where = difference.worst[:-1]
    return replace(difference, worst=where, golden=golden[where], found=found[where])


def _floats(tensor: GoldenTensor, tolerance: Tolerance, found: np.ndarray, golden: np.ndarray, steps: np.ndarray) -> Difference:
    missing = np.isnan(found) != np.isnan(golden)
    if missing.any():
        where = tuple(int(place) for place in np.argwhere(missing)[0])
        return Difference(
            tensor, f"NaN is in other places: {int(missing.sum())} of {golden.size}, the first at {list(where)}", golden.size,
            count=int(missing.sum()), beyond=int(missing.sum()), worst=where, golden=golden[where], found=found[where],
        )  # fmt: skip
    both = np.isnan(golden)
    with np.errstate(invalid="ignore", over="ignore"):
        real = np.where(both | (found == golden), 0, np.abs(found.astype(np.float64) - golden.astype(np.float64)))
        near = real <= tolerance.atol + tolerance.rtol * np.abs(np.where(np.isinf(golden), 0, golden).astype(np.float64))
    return _described(tensor, tolerance, found, golden, steps, real, ~(near | (np.abs(steps) <= tolerance.ulp)))


def _ordered(values: np.ndarray) -> np.ndarray:
    """Floats as whole numbers, int64, that follow each other as they do."""
    flat = np.ascontiguousarray(values).reshape(-1)  # views of arrays without dimensions have one
    bits = flat.view(f"i{values.dtype.itemsize}").astype(np.int64).reshape(values.shape)
    lowest = -(1 << (8 * values.dtype.itemsize - 1))
    return np.where(bits < 0, lowest - bits, bits)


def _described(
    tensor: GoldenTensor, tolerance: Tolerance, found: np.ndarray, golden: np.ndarray, steps: np.ndarray, real: Any, beyond: np.ndarray
) -> Difference:  # fmt: skip
    if not golden.size:
        return Difference(tensor, None, 0, passes=True)
    size = np.abs(steps)
    place = np.unravel_index(int(np.argmax(size)), size.shape)
    where = tuple(int(part) for part in place)
    values, counts = np.unique(steps, return_counts=True)
    most = np.sort(np.argsort(-counts, kind="stable")[:65])
    count, outside = int(np.count_nonzero(steps)), int(np.count_nonzero(beyond))
    return Difference(
        tensor, None, golden.size, count=count, beyond=outside, passes=outside <= tolerance.share * golden.size, steps=int(size[place]),
        real=float(np.max(real)), worst=where, golden=golden[where], found=found[where], above=int(np.count_nonzero(steps > 0)),
        histogram=tuple((int(values[at]), int(counts[at])) for at in most),
    )  # fmt: skip
