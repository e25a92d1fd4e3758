"""What computing a TensorFlow op on constants takes, found from the constants' shapes before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..call import Call

__all__ = [
    "DEMANDS", "Demand", "demand_of", "einsum", "gathered", "gathered_nd", "matrix_product", "mirrored", "parts", "slow",
]  # fmt: skip

# How many elements a folder makes, and how many elementary operations that is where it is more.
Demand = Callable[..., int | tuple[int, int]]
DEMANDS: dict[str, Demand] = {}
_SLOW = 64  # so many times the work, where each element is computed in Python


def demand_of(call: Call, given: Sequence[np.ndarray]) -> tuple[int, int]:
    """How many elements a folder makes, and how many elementary operations that is, at most.

    Ops that have registered no demand (`folds`) make no more elements than they take, stretch their operands to one shape, or look
    themselves at what they are asked for. Raises what numpy raises for operands that do not go together.
    """
    made = DEMANDS[call.op](call, *given) if call.op in DEMANDS else _stretched(given)
    return made if isinstance(made, tuple) else (made, made)


def slow(call: Call, *given: np.ndarray) -> tuple[int, int]:
    """What is computed element by element in Python."""
    made = _stretched(given)
    return made, made * _SLOW


def _stretched(given: Sequence[np.ndarray]) -> int:
    """The elements of operands, stretched to one shape if they can be."""
    total = sum(value.size for value in given)
    try:
        return max(total, math.prod(np.broadcast_shapes(*(value.shape for value in given))))
    except ValueError:
        return total


def matrix_product(call: Call, a: np.ndarray, b: np.ndarray) -> tuple[int, int]:
    a_turned = call.attribute("transpose_a") or call.attribute("adj_x")
    b_turned = call.attribute("transpose_b") or call.attribute("adj_y")
    rows, depth = a.shape[-2:][::-1] if a_turned else a.shape[-2:]
    columns = b.shape[-2 if b_turned else -1]
    made = math.prod(np.broadcast_shapes(a.shape[:-2], b.shape[:-2])) * rows * columns
    return made, made * depth


def einsum(call: Call, *given: np.ndarray) -> tuple[int, int]:
    """The product of all lengths is what numpy walks, and no less than what it makes."""
    equation = str(call.attribute("equation"))
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


def gathered(call: Call, x: np.ndarray, indices: np.ndarray, axis: np.ndarray | int = 0) -> int:
    along, batch = int(np.reshape(axis, ())) % x.ndim, call.attribute("batch_dims", 0)
    batch += indices.ndim if batch < 0 else 0
    return indices.size * math.prod(x.shape[batch:along]) * math.prod(x.shape[along + 1 :])


def gathered_nd(call: Call, x: np.ndarray, indices: np.ndarray) -> int:
    return math.prod(indices.shape[:-1]) * math.prod(x.shape[indices.shape[-1] :])


def mirrored(call: Call, x: np.ndarray, paddings: np.ndarray) -> int:
    return math.prod(size + before + after for size, (before, after) in zip(x.shape, paddings.tolist(), strict=True))


def parts(call: Call, x: np.ndarray) -> int:
    """Each part is a separate object."""
    return x.shape[call.attribute("axis", 0)] << 10
