"""CONCATENATION, PACK and their opposites: rows of bytes laid side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .copying import rows_step
from .operator import Node, Shape, Value

if TYPE_CHECKING:
    from ...planner import Planner

__all__ = ["axis_of", "join_step", "part_step", "row_bytes"]


def axis_of(node: Node, axis: int, rank: int) -> int:
    """A dimension's number, counted from the first; negative ones count from the last."""
    node.want(-rank <= axis < rank, f"its axis {axis} is not one of {rank} dimensions")
    return axis % rank


def row_bytes(value: Value, axis: int) -> int:
    """The bytes of one index along a dimension, in each row before it."""
    return value.dtype.itemsize * int(np.prod(value.shape[axis + 1 :], dtype=np.int64))


def _rows(shape: Shape, axis: int) -> int:
    return int(np.prod(shape[:axis], dtype=np.int64))


def join_step(plan: Planner, input: Value, output: Value, axis: int, start: int) -> None:
    """Lay an input into the output, from byte `start` of each of the rows that lie before `axis`."""
    rows = _rows(output.shape, axis)
    wide, narrow = output.nbytes // max(rows, 1), input.nbytes // max(rows, 1)
    rows_step(plan, input, (output, start), rows=rows, row_bytes=narrow, input_stride=narrow, output_stride=wide)


def part_step(plan: Planner, input: Value, output: Value, axis: int, start: int) -> None:
    """The opposite: take an output from the input."""
    rows = _rows(input.shape, axis)
    wide, narrow = input.nbytes // max(rows, 1), output.nbytes // max(rows, 1)
    rows_step(plan, (input, start), output, rows=rows, row_bytes=narrow, input_stride=wide, output_stride=narrow)
