"""ADD_N: the sum of all inputs, which share a shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import copy_step
from .common.operator import Node, Operator, Shape, Value, register
from .common.quantization_params import activation_range
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class AddN(Operator):
    code = "ADD_N"
    example = "f32 1x56x56x24*3"
    versions = Versions("1.14.0")
    plain_types = "FLOAT32 INT32"
    input_count = (1, 1 << 20)

    def check_types(self, node: Node) -> None:
        for index in range(len(node.inputs)):
            value = node.input(index)
            if value.type not in ("FLOAT32", "INT32", "INT64"):
                node.unsupported(f"there is no kernel for input {value}; there are: FLOAT32, INT32, INT64")
            node.require(value.type == node.outputs[0].type, f"its input {value} is not {node.outputs[0].type}, as its output is")

    def infer(self, node: Node) -> Sequence[Shape]:
        for index in range(len(node.inputs)):
            node.require(
                node.input(index).shape == node.input(0).shape, f"its inputs {node.input(0)} and {node.input(index)} differ in shape"
            )
        return [node.input(0).shape]

    def operations(self, node: Node) -> int:
        return (len(node.inputs) - 1) * node.outputs[0].size

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.binary import BINARY, BLOCK

        total, output = node.input(0), node.outputs[0]
        if len(node.inputs) == 1:
            copy_step(plan, total, output)
        limits = activation_range(node, "NONE", output)
        for index in range(1, len(node.inputs)):
            into: Value = output if index == len(node.inputs) - 1 else plan.workspace(output.shape, output.type)
            plan.step(
                BINARY["ADD"][output.type], work=-(-output.size // BLOCK), cost=min(output.size, BLOCK), scratch=256, x=total,
                y=node.input(index), out=into, outer=0, dims=[], x_strides=[], y_strides=[], run=output.size, x_step=1, y_step=1,
                low=limits[0], high=limits[1],
            )  # fmt: skip
            total = into
