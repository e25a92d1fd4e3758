"""How constants changed: how many values, by how many steps; or whether only their dimensions are in another order."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from ..errors import TinyliteError
from ..model import Tensor
from .records import ConstantChange, OpRef, TensorRef
from .values import ValueDifference, difference

__all__ = ["constant_change"]

_MOST_DIMENSIONS = 4  # of constants whose dimensions are tried in every order


def constant_change(
    a: Tensor, b: Tensor, refs: tuple[TensorRef, TensorRef], ops: tuple[OpRef, OpRef], role: str
) -> ConstantChange | None:  # fmt: skip
    """The change of a constant's values, or None if they are the same.

    A shape, type or scale that changed alone is not a change of values: of another type or scale, real numbers are compared, and half a
    step is what rounding may do.
    """
    if a.buffer is None or b.buffer is None or _same_bytes(a, b):
        return None
    mine, theirs = _values(a), _values(b)
    if mine is None or theirs is None:
        return ConstantChange(*refs, *ops, role, None)
    order = _transposed(mine, theirs) if a.type == b.type else None
    if mine.shape != theirs.shape:
        return ConstantChange(*refs, *ops, role, None, order) if order is not None else None  # the shapes say it
    found: ValueDifference | None = difference(mine, theirs, a, b, bits=True)
    if found is not None and not found.differing:
        return None
    return ConstantChange(*refs, *ops, role, found, order)


def _same_bytes(a: Tensor, b: Tensor) -> bool:
    if a.type != b.type or tuple(a.shape) != tuple(b.shape) or not (a.sparsity is b.sparsity or a.sparsity == b.sparsity):
        return False
    return a.buffer is b.buffer or np.array_equal(a.buffer, b.buffer)  # type: ignore[arg-type]


def _values(tensor: Tensor) -> np.ndarray | None:
    """The values, or None of text, sparse constants, and those that their file does not have."""
    try:
        return tensor.data if tensor.is_numeric else None
    except TinyliteError:
        return None


def _transposed(a: np.ndarray, b: np.ndarray) -> tuple[int, ...] | None:
    if not 2 <= a.ndim <= _MOST_DIMENSIONS or a.ndim != b.ndim or a.size != b.size or a.dtype != b.dtype:
        return None
    for order in permutations(range(a.ndim)):
        if order != tuple(range(a.ndim)) and tuple(a.shape[axis] for axis in order) == b.shape and np.array_equal(a.transpose(order), b):
            return order
    return None
