"""DYNAMIC_UPDATE_SLICE: input 0 with a box (input 1) written into it, from the indices in input 2 on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import Moving, copy_step, strides_of
from .common.operator import Node, Shape, register

if TYPE_CHECKING:
    from ..planner import Planner


@register
class DynamicUpdateSlice(Moving):
    """A box that would stick out is moved inside."""

    code = "DYNAMIC_UPDATE_SLICE"
    max_version = 4
    input_count = (3, 3)

    def check_types(self, node: Node) -> None:
        super().check_types(node)
        node.want(node.input(1).type == node.input(0).type, f"its update {node.input(1)} is not {node.input(0).type}")
        if node.input(2).type not in ("INT32", "INT64"):
            node.unsupported(f"there is no kernel for indices {node.input(2)}; there are: INT32, INT64")

    def infer(self, node: Node) -> Sequence[Shape]:
        data, update, starts = node.input(0), node.input(1), node.input(2)
        fits = len(update.shape) == len(data.shape) and all(a <= b for a, b in zip(update.shape, data.shape, strict=True))
        node.want(fits, f"its update {update} does not fit into {data}")
        node.want(starts.shape == (len(data.shape),), f"its indices {starts} are not one for each dimension of {data}")
        return [data.shape]

    def prepare(self, node: Node, plan: Planner) -> None:
        from ..kernels.indexing import MAX_DIMS, update_slice

        data, update, starts, output = node.input(0), node.input(1), node.input(2), node.outputs[0]
        rank = len(data.shape)
        if rank > MAX_DIMS:
            node.unsupported(f"{data} has {rank} dimensions, more than {MAX_DIMS}")
        copy_step(plan, data, output)
        outer = rank
        while outer and update.shape[outer:] == data.shape[outer:]:
            outer -= 1
        strides = strides_of(data.shape, data.dtype.itemsize)
        row = update.dtype.itemsize * math.prod(update.shape[outer:])
        plan.step(
            update_slice[starts.type], work=math.prod(update.shape[:outer]) if row else 0, cost=row // 8 + 8, update=update,
            output=output, starts=starts, rank=rank, limits=[a - b for a, b in zip(data.shape, update.shape, strict=True)],
            dims=list(update.shape[:outer]), strides=strides, outer=outer, row_bytes=row,
        )  # fmt: skip
