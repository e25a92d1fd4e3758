"""RANGE: the numbers from a start on, a delta apart, that come before a limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.operator import DataDependentShapeOp, Node, Shape, Value, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class Range(DataDependentShapeOp):
    """Inputs: start, limit and delta, which may be negative."""

    code = "RANGE"
    example = "i32 scalar~0..0 scalar~1000..1000 scalar~1..1"
    max_version = 2
    versions = Versions("1.13.0 2.14.0", types={"INT64": 2})
    plain_types = "FLOAT32 INT32 INT64"
    input_count = (3, 3)
    counted = (0, 1, 2)

    def check_types(self, node: Node) -> None:
        from ..kernels.counting import fill_range

        output = node.outputs[0]
        if output.type not in fill_range:
            node.unsupported(f"there is no kernel for output {output}; there are: {', '.join(fill_range)}")
        for index in range(3):
            node.require(node.input(index).type == output.type, f"its input {node.input(index)} is not {output.type}, as its output is")

    def count(self, node: Node, plan: PlanContext, result: Value) -> None:
        from ..kernels.counting import count_range

        start, limit, delta = (node.input(index) for index in range(3))
        for value in (start, limit, delta):
            node.require(value.shape == (), f"its input {value} is not a scalar")
        failures = {
            1: f"from {start.name!r} on by steps of {delta.name!r}, no number of its comes to {limit.name!r}",
            2: f"from {start.name!r} to {limit.name!r} by steps of {delta.name!r} there are more numbers than a tensor holds",
        }
        plan.step(count_range[start.type], work=1, failures=failures, start=start, limit=limit, delta=delta, count=result)

    def shapes(self, node: Node, count: int) -> Sequence[Shape]:
        return [(count,)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.counting import fill_range

        start, delta, output = node.input(0), node.input(2), node.outputs[0]
        plan.step(fill_range[output.type], work=1, cost=output.size, start=start, delta=delta, output=output, size=output.size)
