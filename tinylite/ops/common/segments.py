"""Reductions of rows that share a number, their segment's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .operator import Node, Operator, Shape

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["UnsortedSegment", "check_segments", "segment_step"]


def check_segments(node: Node, reduction: str) -> None:
    """Check the types of data, ids and output."""
    from ...kernels.segments import SEGMENT

    data, ids, output = node.input(0), node.input(1), node.outputs[0]
    if data.type not in SEGMENT[reduction]:
        node.unsupported(f"there is no kernel for input {data}; there are: {', '.join(SEGMENT[reduction])}")
    if ids.type != "INT32":
        node.unsupported(f"there is no kernel for segment ids {ids}; there is: INT32")
    node.require(output.type == data.type, f"its output {output} is not {data.type}, as its input is")


def segment_step(node: Node, plan: PlanContext, reduction: str) -> None:
    """Reduce input 0, of which each row has a number in input 1, to the output, [segments, ...]."""
    from ...kernels.segments import BLOCK, SEGMENT

    data, ids, output = node.input(0), node.input(1), node.outputs[0]
    columns = math.prod(output.shape[1:])
    plan.step(
        SEGMENT[reduction][data.type], work=-(-columns // BLOCK), cost=min(columns, BLOCK) * (ids.size + output.shape[0]),
        failures={1: f"an id in {ids} is not below the number of segments, {output.shape[0]}"}, input=data, ids=ids, output=output,
        rows=ids.size, columns=columns, segments=output.shape[0],
    )  # fmt: skip


class UnsortedSegment(Operator):
    """Inputs: data [*ids' shape, ...], segment ids, how many segments. A segment without rows is what one starts from.

    Rows with negative ids are left out.
    """

    example = "f32 100x24 i32:100~0..9 (10)"
    input_count = (3, 3)

    @property
    def reduction(self) -> str:
        return self.code.removeprefix("UNSORTED_SEGMENT_")

    def check_types(self, node: Node) -> None:
        check_segments(node, self.reduction)

    def infer(self, node: Node) -> Sequence[Shape]:
        data, ids, numbers = node.input(0), node.input(1), node.numbers(2)
        rank = len(ids.shape)
        node.require(data.shape[:rank] == ids.shape, f"the shape of its ids {ids} is not how the shape of {data} begins")
        node.require(len(numbers) == 1 and numbers[0] >= 0, f"its number of segments is {numbers}")
        return [(numbers[0], *data.shape[rank:])]

    def operations(self, node: Node) -> int:
        return node.input(0).size

    def prepare(self, node: Node, plan: PlanContext) -> None:
        segment_step(node, plan, self.reduction)
