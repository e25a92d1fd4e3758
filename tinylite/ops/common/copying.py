"""Moving elements without looking at them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .operator import Node, Operator, Shape, Value

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["PACKED", "Moving", "copy_step", "fill_step", "mapped_step", "rows_step"]

# Types of which several elements share a byte.
PACKED = ("INT4", "UINT4", "INT2")
# Elements that one unit of work fills.
_FILL_BLOCK = 16384
# Elements of a run that is worth its own unit of work.
_LONG_RUN = 65536


class Moving(Operator):
    """An operator that moves elements of any type of whole bytes; input `data_input` is the data."""

    data_input = 0

    def check_types(self, node: Node) -> None:
        data = node.input(self.data_input)
        if data.type in PACKED:
            node.unsupported(f"there is no kernel for packed input {data}")
        if data.type == "COMPLEX128":
            node.unsupported(f"there is no kernel for input {data}, whose elements take 16 bytes")
        for output in node.outputs:
            node.require(output.type == data.type, f"its output {output} is not {data.type}, as its input {data.name!r} is")


def copy_step(plan: PlanContext, input: Value, output: Value) -> None:
    """All elements, in order."""
    rows_step(plan, input, output, rows=1, row_bytes=output.nbytes, input_stride=0, output_stride=0)


def rows_step(plan: PlanContext, input: Any, output: Any, *, rows: int, row_bytes: int, input_stride: int, output_stride: int) -> None:
    """`rows` runs of `row_bytes` bytes, the strides apart; input and output may be (value, byte offset)."""
    from ...kernels.copy import copy_rows

    plan.step(
        copy_rows, work=rows if row_bytes else 0, cost=row_bytes // 8 + 8, input=input, output=output, row_bytes=row_bytes,
        input_stride=input_stride, output_stride=output_stride,
    )  # fmt: skip


def fill_step(plan: PlanContext, value: Any, output: Value) -> None:
    """Every element set to one: `value` is an array or a Value that holds it."""
    from ...kernels.copy import fill

    plan.step(
        fill, work=-(-output.size // _FILL_BLOCK), cost=_FILL_BLOCK, output=output, value=value, element=output.dtype.itemsize,
        count=output.size, block=_FILL_BLOCK,
    )  # fmt: skip


class _Line(NamedTuple):
    """Where the indices of one output dimension lead in the input, in bytes: `first` and then `step` apart, or as `table` says.

    `stride` is what the output's own index moves, in bytes.
    """

    first: int
    step: int
    size: int
    stride: int
    table: np.ndarray | None = None


def _line(indices: range | np.ndarray, scale: int, stride: int) -> _Line:
    if isinstance(indices, range):
        return _Line(indices.start * scale, indices.step * scale, len(indices), stride)
    table = np.asarray(indices, np.int64) * scale
    steps = np.diff(table)
    if table.size and (steps == steps[:1]).all():
        return _Line(int(table[0]), int(steps[0]) if steps.size else 0, table.size, stride)
    return _Line(0, 0, table.size, stride, table)


def _joined(outer: _Line, inner: _Line) -> _Line | None:
    """The two as one dimension, if the output has no gap and the input an even step.

    Long runs stay apart, each being worth a thread's time.
    """
    if outer.table is not None or inner.table is not None or inner.size >= _LONG_RUN:
        return None
    if outer.stride != inner.stride * inner.size or outer.step != inner.step * inner.size:
        return None
    return _Line(outer.first + inner.first, inner.step, outer.size * inner.size, inner.stride)


def mapped_step(
    node: Node,
    plan: PlanContext,
    input: Value | tuple[Value, int],
    output: Value,
    maps: Sequence[tuple[range | np.ndarray, int]],
    *,
    shape: Shape | None = None,
    strides: Sequence[int] | None = None,
    into: Sequence[int] | None = None,
) -> None:
    """out[i, j, ...] = in[...], where each output dimension leads along one of the input's on its own.

    `maps` has, for each output dimension, the indices into the input that its own lead to, and the bytes from one such
    index to the next. `shape` is how the output's elements are counted, if not by its own shape; `strides` are the bytes
    from one to the next, if they do not lie side by side. With `into`, only the part of the output that starts there is written.
    """
    from ...kernels.copy import MAX_DIMS, copy_mapped

    element = output.dtype.itemsize
    if element not in copy_mapped:
        node.unsupported(f"there is no kernel that moves {output}, whose elements take {element} bytes")
    strides = strides_of(output.shape if shape is None else shape, element) if strides is None else strides
    offset = sum(start * stride for start, stride in zip(into or (), strides, strict=into is not None))
    base = 0
    lines: list[_Line] = []
    for (indices, scale), stride in zip(maps, strides, strict=True):
        line = _line(indices, scale, stride)
        if line.size == 0:
            return
        joined = _joined(lines[-1], line) if lines else None
        if line.size == 1:
            base += line.first
        elif joined is not None:
            lines[-1] = joined
        else:
            lines.append(line)
    if not lines or lines[-1].stride != element:
        lines.append(_Line(0, element, 1, element))
    base += sum(line.first for line in lines)
    *outer, run = lines
    if len(outer) > MAX_DIMS:
        node.unsupported(f"it moves elements along {len(outer)} dimensions that cannot be joined, more than {MAX_DIMS}")
    tables = [line.table for line in lines if line.table is not None]
    starts, end = [], 0
    for line in lines:
        starts.append(-1 if line.table is None else end)
        end += 0 if line.table is None else line.size
    plan.step(
        copy_mapped[element], work=math.prod(line.size for line in outer), cost=run.size + 16, scratch=MAX_DIMS * 8, input=input,
        output=output, base=base, dims=[line.size for line in outer], steps=[line.step for line in outer], starts=starts[:-1],
        tables=plan.constant(np.concatenate([np.zeros(0, np.int64), *tables]), np.int64), outer=len(outer), run=run.size,
        run_step=run.step if run.size > 1 else element, run_start=starts[-1], output_offset=offset,
        output_strides=[line.stride for line in outer],
    )  # fmt: skip


def strides_of(shape: Shape, element: int) -> list[int]:
    """Bytes from one index to the next along each dimension."""
    strides, step = [], element
    for size in reversed(shape):
        strides.append(step)
        step *= size
    return strides[::-1]
