"""FILL: a tensor of a given shape, every element the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import Moving, fill_step
from .common.operator import Node, Shape, register

if TYPE_CHECKING:
    from ..planner import Planner


@register
class Fill(Moving):
    code = "FILL"
    max_version = 5
    input_count = (2, 2)
    data_input = 1

    def infer(self, node: Node) -> Sequence[Shape]:
        node.want(node.input(1).size == 1, f"its value {node.input(1)} is not one element")
        sizes = node.numbers(0)
        node.want(min(sizes, default=0) >= 0, f"its shape {sizes} has a negative dimension")
        return [tuple(sizes)]

    def prepare(self, node: Node, plan: Planner) -> None:
        fill_step(plan, node.input(1), node.outputs[0])
