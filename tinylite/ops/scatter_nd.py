"""SCATTER_ND: zeros of a shape (input 2), to which updates (input 1) are added at indices (input 0)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .common.copying import fill_step, strides_of
from .common.operator import Node, Operator, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class ScatterNd(Operator):
    """An index that is not there stops the run."""

    code = "SCATTER_ND"
    example = "f32 i32:100x1~0..55 100x24 [56,24]"
    max_version = 2
    versions = Versions("2.1.0")
    plain_types = "FLOAT32 UINT8 INT8 INT32 INT64 BOOL"
    data_input = 1
    input_count = (3, 3)

    def check_types(self, node: Node) -> None:
        from ..kernels.indexing import scatter_nd

        indices, updates, output = node.input(0), node.input(1), node.outputs[0]
        if (indices.type, updates.type) not in scatter_nd:
            node.unsupported(f"there is no kernel for indices {indices} and updates {updates}")
        node.require(output.type == updates.type, f"its output {output} is not {updates.type}, as its updates are")

    def infer(self, node: Node) -> Sequence[Shape]:
        indices, updates, shape = node.input(0), node.input(1), tuple(node.numbers(2))
        node.require(bool(indices.shape), f"its indices {indices} are a scalar")
        depth = indices.shape[-1]
        node.require(min(shape, default=0) >= 0, f"its shape {list(shape)} has a negative dimension")
        node.require(depth <= len(shape), f"its indices {indices} speak of {depth} dimensions of {list(shape)}")
        wanted = (*indices.shape[:-1], *shape[depth:])
        node.require(updates.shape == wanted, f"its updates {updates} are not {list(wanted)}, as its indices and shape ask")
        return [shape]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.indexing import MAX_DIMS, scatter_nd

        indices, updates, output = node.input(0), node.input(1), node.outputs[0]
        depth = indices.shape[-1]
        if depth > MAX_DIMS:
            node.unsupported(f"its indices speak of {depth} dimensions, more than {MAX_DIMS}")
        fill_step(plan, plan.constant(np.zeros(1), output.dtype), output)
        count, slice = math.prod(indices.shape[:-1]), math.prod(output.shape[depth:])
        plan.step(
            scatter_nd[indices.type, updates.type], work=1, cost=count * (slice + 8),
            failures={1: f"an index in {indices} is not within {output}"}, updates=updates, output=output, indices=indices,
            count=count, depth=depth, sizes=list(output.shape[:depth]), strides=strides_of(output.shape, 1)[:depth], slice=slice,
        )  # fmt: skip
