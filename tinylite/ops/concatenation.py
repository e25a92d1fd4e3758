"""CONCATENATION: inputs laid side by side along one dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..quantization_math import round_half_away
from .common.copying import Moving
from .common.joining import axis_of, join_steps
from .common.lookup import lookup_step, stored_values
from .common.operator import Node, Shape, Value, register
from .common.quantization_params import scale_and_zero
from .common.quantization_rules import QuantizationRule
from .common.versions import Versions

if TYPE_CHECKING:
    from ..model import Op, Tensor
    from .common.plan_context import PlanContext


@register
class Concatenation(Moving):
    """UINT8 inputs are brought to the output's scale; INT8 ones must have it already."""

    code = "CONCATENATION"
    example = "i8 1x56x56x24*2 axis=3"
    max_version = 7
    versions = Versions(
        "1.5.0 1.14.0 2.3.0 2.14.0 2.21.0 2.23.0 2.23.0",
        types={"INT8": 2, "INT16": 3, "UINT32": 4, "INT4": 5, "FLOAT16": 6, "FLOAT8": 7},
    )  # fmt: skip
    plain_types = "FLOAT32 FLOAT16 BFLOAT16 UINT8 INT8 INT16 INT32 INT64 BOOL UINT32"
    options = "ConcatenationOptions"
    input_count = (1, 1 << 20)
    quantized = QuantizationRule(moves=("INT8",), ranges="union", joins=True)

    def transposed(self, op: Op, order: Sequence[int]) -> tuple[list[Tensor | None], dict[str, Any]] | None:
        return [], {"axis": order[op.options.axis]} if op.options is not None else {}

    def of_sizes(self, options: Any, *given: np.ndarray) -> np.ndarray | None:
        return np.concatenate(given, options.axis)

    def check_types(self, node: Node) -> None:
        super().check_types(node)
        output = node.outputs[0]
        if node.options.fused_activation_function != "NONE":
            node.unsupported(f"it fuses the activation {node.options.fused_activation_function}, which no kernel has")
        for index in range(len(node.inputs)):
            value = node.input(index)
            node.require(value.type == output.type, f"its input {value} is not {output.type}, as its output is")
            if value.type == "INT8" and value.quantized and output.quantized:
                node.require(
                    scale_and_zero(node, value) == scale_and_zero(node, output),
                    f"its INT8 input {value} has another scale or zero point than its output {output.name!r}",
                )

    def infer(self, node: Node) -> Sequence[Shape]:
        first = node.input(0)
        axis = axis_of(node, node.options.axis, len(first.shape))
        total = 0
        for index in range(len(node.inputs)):
            shape = node.input(index).shape
            fits = len(shape) == len(first.shape) and shape[:axis] + shape[axis + 1 :] == first.shape[:axis] + first.shape[axis + 1 :]
            node.require(fits, f"its inputs {first} and {node.input(index)} differ in more than dimension {axis}")
            total += shape[axis]
        return [(*first.shape[:axis], total, *first.shape[axis + 1 :])]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        output = node.outputs[0]
        axis = axis_of(node, node.options.axis, len(output.shape))
        # One by one, so that the memory of one that is rescaled is free for the next.
        join_steps(plan, (self.rescaled(node, node.input(index), plan) for index in range(len(node.inputs))), output, axis)

    def rescaled(self, node: Node, input: Value, plan: PlanContext) -> Value:
        """An input at the output's scale: value * s + b in float, rounded half away, as the reference's ConcatenationWithScaling."""
        output = node.outputs[0]
        if input.type != "UINT8" or not (input.quantized and output.quantized) or not input.size:
            return input
        (in_scale, in_zero), (out_scale, out_zero) = scale_and_zero(node, input), scale_and_zero(node, output)
        if (in_scale, in_zero) == (out_scale, out_zero):
            return input
        scale = np.float32(in_scale) * (np.float32(1) / np.float32(out_scale))
        bias = np.float32(-in_zero) * scale
        table = round_half_away(stored_values("UINT8").astype(np.float32) * scale + bias).astype(np.int64) + out_zero
        moved = plan.workspace(input.shape, "UINT8")
        lookup_step(plan, input, moved, table)
        return moved
