"""CUMSUM: the sum of all that came before along a dimension."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.joining import axis_of
from .common.operator import Node, Operator, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class Cumsum(Operator):
    """With `exclusive` the element itself does not count, with `reverse` the sum begins at the end."""

    code = "CUMSUM"
    example = "f32 1x56x24 (1)"
    versions = Versions("2.4.0")
    plain_types = "FLOAT32 INT32 INT64"
    options = "CumsumOptions"
    input_count = (2, 2)
    per_element = 1

    def check_types(self, node: Node) -> None:
        from ..kernels.indexing import cumsum

        input, output = node.input(0), node.outputs[0]
        if input.type not in cumsum:
            node.unsupported(f"there is no kernel for input {input}; there are: {', '.join(cumsum)}")
        node.require(output.type == input.type, f"its output {output} is not {input.type}, as its input is")

    def axis(self, node: Node) -> int:
        numbers = node.numbers(1)
        node.require(len(numbers) == 1, f"its axis {node.input(1)} is not one number")
        return axis_of(node, numbers[0], len(node.input(0).shape))

    def infer(self, node: Node) -> Sequence[Shape]:
        self.axis(node)
        return [node.input(0).shape]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.indexing import cumsum

        input, output, axis = node.input(0), node.outputs[0], self.axis(node)
        count, inner = input.shape[axis], math.prod(input.shape[axis + 1 :])
        plan.step(
            cumsum[input.type], work=math.prod(input.shape[:axis]) * inner, cost=count * 2, input=input, output=output, count=count,
            inner=inner, exclusive=int(node.options.exclusive), reverse=int(node.options.reverse),
        )  # fmt: skip
