"""SEGMENT_SUM: sums of rows with the same segment id; ids start at 0 and rise by 0 or 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.operator import DataDependentShapeOp, Node, Shape, Value, register
from .common.segments import check_segments, segment_step
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class SegmentSum(DataDependentShapeOp):
    code = "SEGMENT_SUM"
    example = "f32 6x24 [0,0,1,1,2,2]"
    versions = Versions("2.2.0")
    plain_types = "FLOAT32 INT32"
    input_count = (2, 2)
    counted = (1,)

    def check_types(self, node: Node) -> None:
        check_segments(node, "SUM")

    def count(self, node: Node, plan: PlanContext, result: Value) -> None:
        from ..kernels.segments import count_segments

        data, ids = node.input(0), node.input(1)
        fits = bool(data.shape) and ids.shape == data.shape[:1]
        node.require(fits, f"its ids {ids} are not one for each row of {data}")
        plan.step(
            count_segments, work=1, cost=ids.size, failures={1: f"its ids {ids} do not start at 0 and rise by 0 or 1"}, ids=ids,
            rows=ids.size, count=result,
        )  # fmt: skip

    def shapes(self, node: Node, count: int) -> Sequence[Shape]:
        return [(count, *node.input(0).shape[1:])]

    def operations(self, node: Node) -> int:
        return node.input(0).size

    def prepare(self, node: Node, plan: PlanContext) -> None:
        segment_step(node, plan, "SUM")
