"""ARG_MAX and ARG_MIN: where along one dimension the extreme is found first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .operator import Node, Operator, Shape

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["Arg"]


class Arg(Operator):
    """Quantized values are compared as they are stored."""

    example = "f32 1x1000 (1)"
    input_count = (2, 2)

    def kernels(self) -> dict[str, Any]:
        from ...kernels.reduce import ARG

        return dict(ARG[self.code])

    def check_types(self, node: Node) -> None:
        x, output = node.input(0), node.outputs[0]
        if x.type not in self.kernels():
            node.unsupported(f"there is no kernel for input {x}; there are: {', '.join(self.kernels())}")
        node.require(output.type in ("INT32", "INT64"), f"its output {output} is neither INT32 nor INT64")

    def axis(self, node: Node) -> int:
        rank = len(node.input(0).shape)
        numbers = node.numbers(1)
        node.require(len(numbers) == 1, f"it takes one axis, not {numbers}")
        node.require(-rank <= numbers[0] < rank, f"its axis {numbers[0]} is not a dimension of {node.input(0)}")
        return numbers[0] % rank

    def infer(self, node: Node) -> Sequence[Shape]:
        axis, shape = self.axis(node), node.input(0).shape
        node.require(shape[axis] > 0, f"its input {node.input(0)} is empty along axis {axis}")
        return [shape[:axis] + shape[axis + 1 :]]

    def operations(self, node: Node) -> int:
        return node.input(0).size

    def prepare(self, node: Node, plan: PlanContext) -> None:
        x, output = node.input(0), node.outputs[0]
        axis, rule = self.axis(node), self.rule(node, plan.arithmetic)
        if rule.where and x.type == "FLOAT32":
            plan.arithmetic.refuse(self.code, output.type, rule.where)  # NaN is a matter of its own
        plan.step(
            self.kernels()[x.type], work=output.size, cost=x.shape[axis], x=x, out=output, out32=output, depth=x.shape[axis],
            inner=int(np.prod(x.shape[axis + 1 :], dtype=np.int64)), wide=int(output.type == "INT64"),
        )  # fmt: skip
