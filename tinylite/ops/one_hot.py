"""ONE_HOT: for each index a vector that is on at its place and off elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.operator import Node, Operator, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class OneHot(Operator):
    """Inputs: indices, depth, the value that is on, the one that is off. An index outside leads to a vector that is off."""

    code = "ONE_HOT"
    example = "f32 i32:128~0..9 (10) (1.0) (0.0) axis=-1"
    versions = Versions("1.11.0")
    plain_types = "FLOAT32 UINT8 INT8 INT32 INT64 BOOL"
    data_input = 2
    options = "OneHotOptions"
    input_count = (4, 4)

    def check_types(self, node: Node) -> None:
        from ..kernels.indexing import one_hot

        indices, on, off, output = node.input(0), node.input(2), node.input(3), node.outputs[0]
        node.require(on.type == off.type == output.type, f"its values {on} and {off} and its output ({output.type}) do not share a type")
        if (indices.type, on.dtype.itemsize) not in one_hot:
            node.unsupported(f"there is no kernel for indices {indices} and values {on}")

    def axis(self, node: Node) -> int:
        rank, axis = len(node.input(0).shape), node.options.axis
        node.require(-1 <= axis <= rank, f"its axis {axis} is not within the {rank + 1} dimensions of its output")
        return rank if axis == -1 else int(axis)

    def infer(self, node: Node) -> Sequence[Shape]:
        node.require(node.input(1).size == 1, f"its depth {node.input(1)} is not one number")
        (depth,), axis, shape = node.numbers(1), self.axis(node), node.input(0).shape
        node.require(depth >= 0, f"its depth {depth} is negative")
        for index in (2, 3):
            node.require(node.input(index).size == 1, f"its value {node.input(index)} is not one number")
        return [(*shape[:axis], depth, *shape[axis:])]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.indexing import one_hot

        indices, on, off, output = node.input(0), node.input(2), node.input(3), node.outputs[0]
        axis = self.axis(node)
        inner, depth = math.prod(indices.shape[axis:]), output.shape[axis]
        plan.step(
            one_hot[indices.type, on.dtype.itemsize], work=math.prod(indices.shape[:axis]), cost=depth * inner, indices=indices,
            output=output, on=on, off=off, depth=depth, inner=inner,
        )  # fmt: skip
