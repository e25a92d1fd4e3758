"""WHERE: the indices of all elements that are not zero, in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .common.operator import DataDependentShapeOp, Node, Shape, Value, register
from .common.versions import Versions, input_type

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class Where(DataDependentShapeOp):
    """[how many there are, dimensions] INT64. Quantized inputs are looked at as they are stored."""

    code = "WHERE"
    example = "bool 56x24"
    max_version = 2
    versions = Versions("1.14.0 2.8.0")
    plain_types = "BOOL FLOAT32 INT8 UINT8 INT32 UINT32 INT64"

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), 1 if input_type(op, 0) == "BOOL" else 2)

    def check_types(self, node: Node) -> None:
        from ..kernels.counting import nonzero

        input, output = node.input(0), node.outputs[0]
        if input.type not in nonzero:
            node.unsupported(f"there is no kernel for input {input}; there are: {', '.join(nonzero)}")
        node.require(output.type == "INT64", f"its output {output} is not INT64")

    def count(self, node: Node, plan: PlanContext, result: Value) -> None:
        from ..kernels.counting import count_nonzero

        input = node.input(0)
        node.require(bool(input.shape), f"its input {input} is a scalar")
        plan.step(count_nonzero[input.type], work=1, cost=input.size // 4, x=input, size=input.size, count=result)

    def shapes(self, node: Node, count: int) -> Sequence[Shape]:
        return [(count, len(node.input(0).shape))]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.counting import nonzero

        input, output = node.input(0), node.outputs[0]
        plan.step(
            nonzero[input.type], work=1, cost=input.size + output.size * 8, x=input, size=input.size,
            dims=plan.constant(input.shape, np.int64), rank=len(input.shape), output=output,
        )  # fmt: skip
