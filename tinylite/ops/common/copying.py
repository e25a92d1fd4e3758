"""Moving elements without looking at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .operator import Value

if TYPE_CHECKING:
    from ...plan import Planner

__all__ = ["copy_step"]


def copy_step(plan: Planner, input: Value, output: Value) -> None:
    """All elements, in order."""
    rectangles_step(plan, input, output, rows=1, row_bytes=output.nbytes, input_stride=0, output_stride=0)


def rectangles_step(
    plan: Planner, input: Any, output: Any, *, rows: int, row_bytes: int, input_stride: int, output_stride: int
) -> None:
    """`rows` runs of `row_bytes` bytes, the strides apart; input and output may be (value, byte offset)."""
    from ...kernels.copy import copy_rows

    plan.step(
        copy_rows, work=rows if row_bytes else 0, cost=row_bytes // 8 + 8, input=input, output=output, row_bytes=row_bytes,
        input_stride=input_stride, output_stride=output_stride,
    )  # fmt: skip
