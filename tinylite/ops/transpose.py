"""TRANSPOSE: dimensions in another order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .common.copying import Moving, mapped_step, strides_of
from .common.operator import Node, Shape, register
from .common.quantization_rules import MOVES
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class Transpose(Moving):
    code = "TRANSPOSE"
    example = "i8 1x56x56x24 [0,3,1,2]"
    max_version = 9
    versions = Versions(
        "1.6.0 1.14.0 1.15.0 2.3.0 2.4.0 2.12.0 2.14.4 2.22.0 2.23.0",
        types={"INT8": 2, "BOOL": 3, "INT16": 5, "INT4": 7, "BFLOAT16": 8, "FLOAT16": 9}, ranks={5: 4, 6: 6, 7: 8},
    )  # fmt: skip
    input_count = (2, 2)
    quantized = replace(MOVES, by_input=True)

    def order(self, node: Node) -> list[int]:
        rank, order = len(node.input(0).shape), node.numbers(1)
        order = [axis + rank if axis < 0 else axis for axis in order]
        node.require(sorted(order) == list(range(rank)), f"its permutation {node.numbers(1)} does not name each of {rank} dimensions once")
        return order

    def infer(self, node: Node) -> Sequence[Shape]:
        return [tuple(node.input(0).shape[axis] for axis in self.order(node))]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, output, order, rule = node.input(0), node.outputs[0], self.order(node), self.rule(node, plan.arithmetic)
        if rule.where and order == [0, 1]:
            plan.arithmetic.refuse(self.code, output.type, rule.where)
        strides = strides_of(input.shape, input.dtype.itemsize)
        mapped_step(node, plan, input, output, [(range(input.shape[axis]), strides[axis]) for axis in order])
