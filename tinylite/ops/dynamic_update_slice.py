"""DYNAMIC_UPDATE_SLICE: input 0 with the elements of input 1 in it, from the indices on that input 2 says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import Moving, copy_step, strides_of
from .common.operator import Node, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class DynamicUpdateSlice(Moving):
    """Indices that would lead out of the data are moved back, until the update fits in.

    One that a pass has made of slices fails instead, as those would. Where nobody reads the data afterwards they are changed
    where they lie: a loop that fills a sequence moves no more than what is new.
    """

    code = "DYNAMIC_UPDATE_SLICE"
    example = "f32 16x56x24 1x56x24 i32:3~0..0"
    max_version = 6
    versions = Versions(
        "2.9.0 2.17.0 2.19.0 2.20.0 2.21.0 2.22.0", types={"FLOAT16": 3, "INT16": 4, "INT4": 5, "BFLOAT16": 6}, other=(2, {"INT64": 2}),
    )  # fmt: skip
    input_count = (3, 3)

    def check_types(self, node: Node) -> None:
        super().check_types(node)
        data, update, start = node.input(0), node.input(1), node.input(2)
        node.require(update.type == data.type, f"its update {update} is not {data.type}, as its data {data.name!r} are")
        node.require(start.type in ("INT32", "INT64"), f"its indices {start} are neither INT32 nor INT64")

    def infer(self, node: Node) -> Sequence[Shape]:
        data, update, start = node.input(0), node.input(1), node.input(2)
        node.require(start.shape == (len(data.shape),), f"its indices {start} are not one for each of the dimensions of {data}")
        fits = len(update.shape) == len(data.shape) and all(a <= b for a, b in zip(update.shape, data.shape, strict=True))
        node.require(fits, f"its update {update} does not fit into {data}")
        return [data.shape]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.copy import MAX_DIMS
        from ..kernels.update import update_slice

        data, update, start, output = node.input(0), node.input(1), node.input(2), node.outputs[0]
        rank = len(data.shape)
        if rank > MAX_DIMS:
            node.unsupported(f"its data {data} have {rank} dimensions, more than {MAX_DIMS}")
        if not plan.reuse(output, data):
            copy_step(plan, data, output)
        strides = strides_of(output.shape, output.dtype.itemsize)
        # Dimensions that the update fills, from the last on, lie in one run with the one before them.
        outer = max(rank - 1, 0)
        while outer and update.shape[outer] == data.shape[outer]:
            outer -= 1
        run = math.prod(update.shape[outer:]) * output.dtype.itemsize
        room = [whole - part for whole, part in zip(data.shape, update.shape, strict=True)]
        plan.step(
            update_slice[start.type], work=math.prod(update.shape[:outer]) if update.size else 0, cost=run // 8 + 8, update=update,
            output=output, start=start, rank=rank, room=room, dims=list(update.shape[:outer]), strides=strides, outer=outer, run=run,
            strict=int(bool(node.op.replaces)), failures={1: f"the indices {start} lead out of {data}"},
        )  # fmt: skip
