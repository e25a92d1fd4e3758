"""CONCATENATION, PACK and their opposites: rows of bytes laid side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .copying import rows_step
from .operator import Node, Value

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["axis_of", "join_steps", "split_steps"]


def axis_of(node: Node, axis: int, rank: int) -> int:
    """A dimension's number, counted from the first; negative ones count from the last."""
    node.require(-rank <= axis < rank, f"its axis {axis} is not one of {rank} dimensions")
    return axis % rank


def join_steps(plan: PlanContext, parts: Iterable[Value], whole: Value, axis: int) -> None:
    """Lay parts one after the other along a dimension of `whole`. Parts of size 1 may lack that dimension."""
    _move_parts(plan, whole, parts, axis, joins=True)


def split_steps(plan: PlanContext, whole: Value, parts: Iterable[Value], axis: int) -> None:
    """The opposite: take parts that lie one after the other from `whole`."""
    _move_parts(plan, whole, parts, axis, joins=False)


def _move_parts(plan: PlanContext, whole: Value, parts: Iterable[Value], axis: int, joins: bool) -> None:
    rows = math.prod(whole.shape[:axis])
    wide, start = whole.nbytes // max(rows, 1), 0
    for part in parts:
        narrow = part.nbytes // max(rows, 1)
        if joins:
            rows_step(plan, part, (whole, start), rows=rows, row_bytes=narrow, input_stride=narrow, output_stride=wide)
        else:
            rows_step(plan, (whole, start), part, rows=rows, row_bytes=narrow, input_stride=wide, output_stride=narrow)
        start += narrow
