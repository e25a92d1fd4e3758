"""How scales and zero points changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..model import Quantization, Tensor
from .records import Change, OpRef, QuantizationChange, TensorRef
from .references import plain_value

__all__ = ["quantization_change"]

_INTEGERS = ("INT", "UINT")
# The same integers with another sign: what is stored, and so the zero point, is shifted.
_SHIFTS = {("UINT8", "INT8"): -128, ("INT8", "UINT8"): 128}


def quantization_change(a: Tensor, b: Tensor, refs: tuple[TensorRef, TensorRef], role: str, op: OpRef | None) -> QuantizationChange | None:
    """The change of a tensor's quantization, or None. What the types say, such as that floats became integers, does not count."""
    mine, theirs = a.quantization_params, b.quantization_params
    integers = [str(tensor.type).startswith(_INTEGERS) for tensor in (a, b)]
    records = _records(a.quantization or Quantization(), b.quantization or Quantization())

    def change(kind: str, **facts: Any) -> QuantizationChange:
        scales = tuple(0 if params is None else int(params.scale.size) for params in (mine, theirs))
        return QuantizationChange(*refs, role, op, kind, scales=scales, changes=records, **facts)  # type: ignore[arg-type]

    if integers[0] != integers[1]:
        return None
    if mine is None or theirs is None:
        if mine is theirs:
            return change("records") if records else None
        return change("gained" if mine is None else "lost")
    axis = mine.per_channel and mine.quantized_dimension != theirs.quantized_dimension
    if mine.scale.size != theirs.scale.size or axis:
        if axis:
            records = (Change("quantized_dimension", mine.quantized_dimension, theirs.quantized_dimension), *records)
        return change("granularity")
    moved, place = _relative(mine.scale, theirs.scale)
    shift = _SHIFTS.get((str(a.type), str(b.type)), 0)
    zeros = [_broadcast(params.zero_point, params.scale.size) for params in (mine, theirs)]
    if zeros[0] is None or zeros[1] is None:  # as many as no scale goes with
        zero_point = int(not np.array_equal(mine.zero_point, theirs.zero_point))
    else:
        zero_point = max((abs(int(after) - int(before) - shift) for before, after in zip(*zeros, strict=True)), default=0)
    if moved or zero_point:
        worst = Change("scale", float(mine.scale[place]), float(theirs.scale[place])) if moved else None
        if not moved and zeros[0] is not None and zeros[1] is not None:
            place = int(np.argmax(np.abs(zeros[1] - zeros[0] - shift)))
            worst = Change("zero_point", int(zeros[0][place]), int(zeros[1][place]))
        return change("moved", scale=moved, zero_point=zero_point, worst=worst, channel=place if mine.per_channel and worst else None)
    return change("records") if records else None


def _broadcast(zeros: np.ndarray, count: int) -> np.ndarray | None:
    if zeros.size == count:
        return zeros
    return np.zeros(count, np.int64) if not zeros.size else np.repeat(zeros, count) if zeros.size == 1 else None


def _relative(before: np.ndarray, after: np.ndarray) -> tuple[float, int]:
    """The largest change of a scale in proportion to it, and where."""
    with np.errstate(all="ignore"):
        before, after = before.astype(np.float64), after.astype(np.float64)
        change = np.abs(after - before) / np.abs(before)
    change[(before == after) | (np.isnan(before) & np.isnan(after))] = 0
    change[np.isnan(change)] = np.inf
    place = int(np.argmax(change))
    return float(change[place]), place


def _records(a: Quantization, b: Quantization) -> tuple[Change, ...]:
    """What no kernel reads: the range that the parameters were made from; and details, which replace them."""
    found = [
        Change(name, plain_value(mine), plain_value(theirs))
        for name in ("min", "max")
        if not np.array_equal(mine := getattr(a, name), theirs := getattr(b, name), equal_nan=True)
    ]
    if not (a.details is b.details or a.details == b.details):
        found.append(Change("details", plain_value(a.details), plain_value(b.details)))
    if a.scale.size == b.scale.size <= 1 and a.quantized_dimension != b.quantized_dimension:
        found.append(Change("quantized_dimension", a.quantized_dimension, b.quantized_dimension))
    return tuple(found)
