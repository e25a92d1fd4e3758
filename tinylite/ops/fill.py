"""FILL: a tensor of a given shape, every element the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import Moving, fill_step
from .common.operator import Node, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class Fill(Moving):
    code = "FILL"
    example = "f32 [56,24] scalar"
    max_version = 5
    versions = Versions(
        "1.13.0 2.3.0 2.5.0 2.12.0 2.23.0", other=(1, {"BOOL": 2, "STRING": 2, "INT8": 3, "INT16": 3, "FLOAT16": 4, "FLOAT8": 5}),
    )  # fmt: skip
    input_count = (2, 2)
    data_input = 1

    def infer(self, node: Node) -> Sequence[Shape]:
        node.require(node.input(1).size == 1, f"its value {node.input(1)} is not one element")
        sizes = node.numbers(0)
        node.require(min(sizes, default=0) >= 0, f"its shape {sizes} has a negative dimension")
        return [tuple(sizes)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        fill_step(plan, node.input(1), node.outputs[0])
