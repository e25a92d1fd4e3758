"""QUANTIZE: floats to a quantized type, or from one quantized type to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..quantization_math import integer_limits, rescale
from .common.lookup import centered, lookup_step
from .common.operator import Node, Operator, Shape, register
from .common.quantization_params import scale_and_zero
from .common.versions import Versions, is_per_channel, output_type

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext

_EIGHT_BITS = ("UINT8", "INT8")


@register
class Quantize(Operator):
    code = "QUANTIZE"
    max_version = 6
    versions = Versions("1.14.0 1.15.0 2.7.0 2.21.0 2.21.0 2.21.0", types={"INT4": 4, "UINT4": 5})
    converts = True

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), 3 if is_per_channel(op.outputs[0]) else 2 if output_type(op) == "INT16" else 1)

    def check_types(self, node: Node) -> None:
        input, output = node.input(0), node.outputs[0]
        if input.type not in ("FLOAT32", *_EIGHT_BITS) or output.type not in _EIGHT_BITS:
            node.unsupported(f"there is no kernel from {input} to {output.type}; there are: FLOAT32, UINT8 and INT8 to UINT8 and INT8")

    def infer(self, node: Node) -> Sequence[Shape]:
        return [node.input(0).shape]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.quantize import BLOCK, f32_quantize

        input, output = node.input(0), node.outputs[0]
        scale, zero = scale_and_zero(node, output)
        if input.type != "FLOAT32":
            lookup_step(plan, input, output, rescale(centered(node, input), scale_and_zero(node, input)[0] / scale) + zero)
            return
        low, high = integer_limits(output.type)
        plan.step(
            f32_quantize[output.type], work=-(-input.size // BLOCK), cost=BLOCK, scratch=64, x=input, out=output, count=input.size,
            scale=scale, zero=zero, low=low, high=high,
        )  # fmt: skip
