"""Shapes that are known in part: what becomes of [batch, 7, 7, 64] when only the batch is unknown.

A tensor that holds such a shape is computed twice, with two numbers for what is unknown. Elements that come out the same
do not depend on it, as long as the ops between only pick, join, add or multiply by places that are known, or divide without a rest.
Each such op says which of its inputs may hold what is unknown (`folds(..., unknown=...)`). The others, such as where a slice ends, must
be known: two ends that both are after the last element would return the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from math import isqrt
from typing import TYPE_CHECKING

import numpy as np

from ..model import Tensor
from ..tensor_types import tensor_dtype
from . import folding
from .shapes import partial_shape

if TYPE_CHECKING:
    from .call import Call

__all__ = ["Partial"]


def _primes() -> Iterator[int]:
    """How far two numbers for one unknown are apart: what is left of them by any smaller divisor differs."""
    return (number for number in count(1009, 2) if all(number % divisor for divisor in range(3, isqrt(number) + 1, 2)))


def _same(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return first == second if first.shape == second.shape else np.array(False)


def _rounds(op: str, pairs: Sequence[tuple[np.ndarray, np.ndarray]], found: tuple[np.ndarray, np.ndarray]) -> bool:
    """Whether an op returns the same for different numbers only since it rounds: other numbers would lead to something else."""
    if op not in ("FloorDiv", "Cast"):
        return False
    same = np.logical_and.reduce(np.broadcast_arrays(*(_same(*pair) for pair in pairs)))
    if op == "Cast":
        return bool(np.any(_same(*found) & ~same))
    exact = np.logical_and(*(pairs[0][trial] == found[trial] * pairs[1][trial] for trial in (0, 1)))
    return bool(np.any(_same(*found) & ~same & ~exact))


class Partial:
    """The tensors of which a part is known, by two evaluations."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Tensor, np.ndarray, np.ndarray]] = {}
        self._pending: list[tuple[np.ndarray, np.ndarray]] | None = None
        self._count = 0
        self._primes = _primes()

    def _pair(self, tensor: Tensor) -> tuple[np.ndarray, np.ndarray] | None:
        if tensor.is_constant and tensor.is_numeric:
            return tensor.data, tensor.data  # type: ignore[return-value]
        found = self._known.get(id(tensor))
        return found[1:] if found else None

    def shape(self, tensor: Tensor, dtype: type = np.int64) -> tuple[np.ndarray, np.ndarray] | None:
        """Two evaluations of a tensor's own shape; every unknown dimension has its own numbers."""
        signature = partial_shape(tensor)
        if signature is None:
            return None
        first: np.ndarray = np.array(signature, dtype)
        second = first.copy()
        for axis in np.flatnonzero(first < 0):
            first[axis] = 1009 + 12 * self._count
            second[axis] = first[axis] + next(self._primes)
            self._count += 1
        return first, second

    def folded(self, call: Call) -> list[Tensor] | None:
        """The outputs of a node as constants, if they turn out not to depend on what is unknown."""
        self._pending = None
        if call.op not in folding.UNKNOWN or not call.inputs:
            return None
        if call.op == "Shape":
            pair = self.shape(call.input(0), tensor_dtype(call.attribute("out_type", "INT32")))
            pairs = None if pair is None else [pair]
        else:
            given = [self._pair(tensor) for tensor in call.inputs]
            known = [pair for pair in given if pair is not None]
            if len(known) < len(given):
                return None
            may_vary = range(len(known))[folding.UNKNOWN[call.op]]
            if any(number not in may_vary and not _same(*pair).all() for number, pair in enumerate(known)):
                return None
            first, second = (folding.fold(call, [pair[trial] for pair in known]) for trial in (0, 1))
            pairs = None if first is None or second is None else list(zip(first, second, strict=True))
            if pairs is not None and _rounds(call.op, known, pairs[0]):
                return None
        if pairs is None:
            return None
        if all(np.array_equal(a, b) for a, b in pairs):
            return [call.translator.constant(call, a, index) for index, (a, _) in enumerate(pairs)]
        self._pending = pairs
        return None

    def follow(self, call: Call, outputs: Sequence[Tensor]) -> None:
        """Remember what `folded` has found out about a node whose outputs are computed."""
        if self._pending is not None:
            self._known.update((id(tensor), (tensor, *pair)) for tensor, pair in zip(outputs, self._pending, strict=False))
        self._pending = None

    def share(self, tensor: Tensor, other: Tensor) -> None:
        """Know of another tensor, which has the same value in another graph, what is known of this one."""
        pair = self._pair(tensor)
        if pair is not None:
            self._known[id(other)] = (other, *pair)

    def values(self, tensor: Tensor) -> list[int] | None:
        """The elements of an integer tensor, -1 where only a run knows them; None if nothing is known."""
        pair = self._pair(tensor)
        if pair is None:
            return None
        first, second = (np.asarray(values).reshape(-1).tolist() for values in pair)
        return [int(a) if a == b else -1 for a, b in zip(first, second, strict=True)]
