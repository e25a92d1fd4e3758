"""Moving elements without looking at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .operator import Node, Operator, Shape, Value

if TYPE_CHECKING:
    from ...planner import Planner

__all__ = ["Moving", "copy_step", "fill_step", "mapped_step", "rows_step"]

# Elements that one unit of work fills.
_FILL_BLOCK = 16384


class Moving(Operator):
    """An operator that moves elements of any type of whole bytes; input `data_input` is the data."""

    data_input = 0

    def check_types(self, node: Node) -> None:
        data = node.input(self.data_input)
        if data.type in ("INT4", "UINT4", "INT2"):
            node.unsupported(f"there is no kernel for packed input {data}")
        for output in node.outputs:
            node.want(output.type == data.type, f"its output {output} is not {data.type}, as its input {data.name!r} is")


def copy_step(plan: Planner, input: Value, output: Value) -> None:
    """All elements, in order."""
    rows_step(plan, input, output, rows=1, row_bytes=output.nbytes, input_stride=0, output_stride=0)


def rows_step(plan: Planner, input: Any, output: Any, *, rows: int, row_bytes: int, input_stride: int, output_stride: int) -> None:
    """`rows` runs of `row_bytes` bytes, the strides apart; input and output may be (value, byte offset)."""
    from ...kernels.copy import copy_rows

    plan.step(
        copy_rows, work=rows if row_bytes else 0, cost=row_bytes // 8 + 8, input=input, output=output, row_bytes=row_bytes,
        input_stride=input_stride, output_stride=output_stride,
    )  # fmt: skip


def fill_step(plan: Planner, value: Any, output: Value) -> None:
    """Every element set to one: `value` is an array or a Value that holds it."""
    from ...kernels.copy import fill

    plan.step(
        fill, work=-(-output.size // _FILL_BLOCK), cost=_FILL_BLOCK, output=output, value=value, element=output.dtype.itemsize,
        count=output.size, block=_FILL_BLOCK,
    )  # fmt: skip


def mapped_step(
    node: Node, plan: Planner, input: Value | tuple[Value, int], output: Value, maps: Sequence[tuple[np.ndarray, int]], *,
    into: Sequence[int] | None = None,
) -> None:  # fmt: skip
    """out[i, j, ...] = in[...], where each output dimension leads along one of the input's on its own.

    `maps` has, for each output dimension, the indices into the input that its own lead to, and the bytes from one such
    index to the next. With `into`, only the part of the output that starts there is written.
    """
    from ...kernels.copy import MAX_DIMS, copy_mapped

    element = output.dtype.itemsize
    strides = strides_of(output.shape, element)
    offset = sum(start * stride for start, stride in zip(into or (), strides, strict=into is not None))
    base = 0
    dims: list[tuple[np.ndarray, int]] = []  # where each index leads, in bytes; the output's stride
    for (indices, scale), stride in zip(maps, strides, strict=True):
        table = np.asarray(indices, np.int64) * scale
        if table.size == 0:
            return
        if table.size == 1:
            base += int(table[0])
        elif dims and _continues(dims[-1], table, stride):
            before = dims.pop()[0]
            dims.append((before[0] + table[0] + (table[1] - table[0]) * np.arange(before.size * table.size), stride))
        else:
            dims.append((table, stride))
    if not dims or dims[-1][1] != element:
        dims.append((np.zeros(1, np.int64), element))
    run = dims.pop()[0] + base
    if len(dims) > MAX_DIMS:
        node.unsupported(f"it moves elements along {len(dims)} dimensions that cannot be joined, more than {MAX_DIMS}")
    sizes = [table.size for table, _ in dims]
    plan.step(
        copy_mapped[element], work=int(np.prod(sizes, dtype=np.int64)), cost=run.size + 16, scratch=MAX_DIMS * 8, input=input,
        output=output, dims=sizes, starts=np.cumsum([0, *sizes])[:-1].tolist(), outer=len(dims),
        tables=plan.constant(np.concatenate([np.zeros(0, np.int64), *(table for table, _ in dims)]), np.int64), run=run.size,
        run_table=plan.constant(run, np.int64), whole=int(run.size == 1 or _step(run) == element), output_offset=offset,
        output_strides=[stride for _, stride in dims],
    )  # fmt: skip


def _step(table: np.ndarray) -> int | None:
    """The difference from each entry to the next, if it is always the same."""
    steps = np.diff(table)
    return int(steps[0]) if steps.size and (steps == steps[0]).all() else None


def _continues(before: tuple[np.ndarray, int], table: np.ndarray, stride: int) -> bool:
    """Whether a dimension and the one before it can be walked as one: the output has no gap, and the input an even step."""
    step = _step(table)
    return before[1] == stride * table.size and step is not None and _step(before[0]) == step * table.size


def strides_of(shape: Shape, element: int) -> list[int]:
    """Bytes from one index to the next along each dimension."""
    strides, step = [], element
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return strides[::-1]
