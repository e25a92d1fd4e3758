"""BROADCAST_ARGS: the shape that two shapes stretch to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import rows_step
from .common.operator import Node, Operator, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class BroadcastArgs(Operator):
    """Shapes that do not go together stop the run with an InvokeError."""

    code = "BROADCAST_ARGS"
    example = "i32 4~1..1 [2,3,1,5]"
    versions = Versions("2.6.0")
    input_count = (2, 2)

    def check_types(self, node: Node) -> None:
        x, y, output = node.input(0), node.input(1), node.outputs[0]
        if x.type not in ("INT32", "INT64"):
            node.unsupported(f"there is no kernel for input {x}; there are: INT32, INT64")
        node.require(x.type == y.type == output.type, f"its inputs {x} and {y} and its output ({output.type}) do not share a type")

    def infer(self, node: Node) -> Sequence[Shape]:
        x, y = node.input(0), node.input(1)
        node.require(len(x.shape) == len(y.shape) == 1, f"its inputs {x} and {y} are not lists of sizes")
        return [(max(x.size, y.size),)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.binary import BINARY

        x, y, output = node.input(0), node.input(1), node.outputs[0]
        longer, shared, each = (x if x.size > y.size else y), min(x.size, y.size), output.dtype.itemsize
        rows_step(plan, longer, output, rows=1, row_bytes=(output.size - shared) * each, input_stride=0, output_stride=0)
        if shared:
            plan.step(
                BINARY["BROADCAST_ARGS"][x.type], work=1, cost=shared, failures={1: "the shapes do not broadcast together"},
                x=(x, (x.size - shared) * each), y=(y, (y.size - shared) * each), out=(output, (output.size - shared) * each), outer=0,
                dims=[], x_strides=[], y_strides=[], run=shared, x_step=1, y_step=1,
            )  # fmt: skip
