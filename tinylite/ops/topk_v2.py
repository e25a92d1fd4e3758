"""TOPK_V2: the k largest along the last dimension, in falling order, and where they stood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.operator import Node, Operator, Shape, register
from .common.quantization_rules import MOVES
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class TopkV2(Operator):
    """Of equal ones the first comes first, and NaN last."""

    code = "TOPK_V2"
    example = "f32 1x1000 (5)"
    max_version = 3
    versions = Versions("1.7.0 1.14.0 2.13.0", types={"INT8": 2, "INT16": 3}, other=(1, {"INT16": 3}))
    plain_types = "FLOAT32 INT32 INT64 UINT8 INT8 INT16"
    input_count = (2, 2)
    output_count = (2, 2)
    quantized = MOVES

    def check_types(self, node: Node) -> None:
        from ..kernels.indexing import top_k

        input, values, indices = node.input(0), *node.outputs
        if (input.type, indices.type) not in top_k:
            node.unsupported(f"there is no kernel for input {input} and indices {indices}")
        node.require(values.type == input.type, f"its output {values} is not {input.type}, as its input is")

    def infer(self, node: Node) -> Sequence[Shape]:
        input, numbers = node.input(0), node.numbers(1)
        node.require(len(numbers) == 1, f"its k {node.input(1)} is not one number")
        node.require(bool(input.shape), f"its input {input} is a scalar")
        node.require(0 <= numbers[0] <= input.shape[-1], f"its k {numbers[0]} is not within the {input.shape[-1]} elements of a row")
        narrow = node.outputs[1].type == "INT16" and input.shape[-1] > 1 << 15
        node.require(not narrow, f"its output {node.outputs[1]} cannot hold indices of {input.shape[-1]} elements")
        return [(*input.shape[:-1], numbers[0])] * 2

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.indexing import top_k

        input, values, indices = node.input(0), *node.outputs
        size, k = input.shape[-1], values.shape[-1]
        plan.step(
            top_k[input.type, indices.type], work=values.size // k, cost=size * 2 + k * 8 * k.bit_length(), input=input, values=values,
            indices=indices, size=size, k=k,
        )  # fmt: skip
