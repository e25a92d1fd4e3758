"""What computing a TensorFlow op on constants takes, found from the constants' shapes before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .translate import Call

__all__ = ["demand"]

# Computed element by element in Python: so many times the work.
_SLOW = {"Erf": 64, "Erfc": 64, "Lgamma": 64}
_MATRIX_PRODUCTS = ("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")


def demand(call: Call, given: Sequence[np.ndarray]) -> tuple[int, int]:
    """How many elements a folder makes, and how many elementary operations that is, at most.

    Ops that are not named here make no more elements than they take, stretch their operands to one shape, or look themselves
    at what they are asked for. Raises what numpy raises for operands that do not go together.
    """
    op = call.op
    if op in _MATRIX_PRODUCTS:
        return _matrix_product(call, *given)
    if op == "Einsum":
        return _einsum(str(call.attribute("equation")), given)
    made = _MADE[op](call, *given) if op in _MADE else _stretched(given)
    return made, made * _SLOW.get(op, 1)


def _stretched(given: Sequence[np.ndarray]) -> int:
    """The elements of operands, stretched to one shape if they can be."""
    total = sum(value.size for value in given)
    try:
        return max(total, math.prod(np.broadcast_shapes(*(value.shape for value in given))))
    except ValueError:
        return total


def _matrix_product(call: Call, a: np.ndarray, b: np.ndarray) -> tuple[int, int]:
    a_turned = call.attribute("transpose_a") or call.attribute("adj_x")
    b_turned = call.attribute("transpose_b") or call.attribute("adj_y")
    rows, depth = a.shape[-2:][::-1] if a_turned else a.shape[-2:]
    columns = b.shape[-2 if b_turned else -1]
    made = math.prod(np.broadcast_shapes(a.shape[:-2], b.shape[:-2])) * rows * columns
    return made, made * depth


def _einsum(equation: str, given: Sequence[np.ndarray]) -> tuple[int, int]:
    """The product of all lengths is what numpy walks, and no less than what it makes."""
    lengths: dict[str, int] = {}
    others = 1
    for labels, value in zip(equation.replace(" ", "").split("->")[0].split(","), given, strict=True):
        front, dots, back = labels.partition("...")
        named = [*zip(front, value.shape, strict=False), *zip(reversed(back), reversed(value.shape), strict=False)]
        for label, length in named:
            lengths[label] = max(lengths.get(label, 1), length)
        if dots:
            others = max(others, math.prod(value.shape[len(front) : value.ndim - len(back)]))
    work = math.prod(lengths.values()) * others
    result = equation.replace(" ", "").partition("->")[2] if "->" in equation else "".join(lengths)
    return math.prod(lengths.get(label, 1) for label in result.replace("...", "")) * others, work


def _gathered(call: Call, x: np.ndarray, indices: np.ndarray, axis: np.ndarray | int = 0) -> int:
    along, batch = int(np.reshape(axis, ())) % x.ndim, call.attribute("batch_dims", 0)
    batch += indices.ndim if batch < 0 else 0
    return indices.size * math.prod(x.shape[batch:along]) * math.prod(x.shape[along + 1 :])


def _gathered_nd(call: Call, x: np.ndarray, indices: np.ndarray) -> int:
    return math.prod(indices.shape[:-1]) * math.prod(x.shape[indices.shape[-1] :])


def _mirrored(call: Call, x: np.ndarray, paddings: np.ndarray) -> int:
    return math.prod(size + before + after for size, (before, after) in zip(x.shape, paddings.tolist(), strict=True))


def _parts(call: Call, x: np.ndarray) -> int:
    """Each part is an object of its own."""
    return x.shape[call.attribute("axis", 0)] << 10


_MADE: dict[str, Callable[..., int]] = {
    "Gather": _gathered, "GatherV2": _gathered, "ResourceGather": _gathered, "GatherNd": _gathered_nd, "MirrorPad": _mirrored,
    "MatrixDiag": lambda call, x: x.size * x.shape[-1], "Unpack": _parts,
    "MatrixBandPart": lambda call, x, *_: x.size + math.prod(x.shape[-2:]),
}  # fmt: skip
