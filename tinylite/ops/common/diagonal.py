"""Diagonals of matrices, written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .copying import mapped_step
from .operator import Node, Value

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["diagonal_step"]


def diagonal_step(node: Node, plan: PlanContext, diagonal: Value, output: Value) -> None:
    """output[..., i, i] = diagonal[..., i]; all other elements stay as they are."""
    *_, rows, columns = output.shape
    length, element = min(rows, columns), output.dtype.itemsize
    matrices = output.size // (rows * columns)
    mapped_step(
        node, plan, diagonal, output, [(range(matrices), length * element), (range(length), element)],
        strides=[rows * columns * element, (columns + 1) * element],
    )  # fmt: skip
