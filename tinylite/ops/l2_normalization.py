"""L2_NORMALIZATION: the input over the square root of its sum of squares along the last dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .common.normalizing import Normalizing
from .common.operator import Node, register
from .common.quantization_params import scale_and_zero
from .common.quantization_rules import QuantizationRule
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext

# No row is divided by less; 8-bit types have no such bound, but take a sum of 0 for 1.
_LEAST = 1e-6


@register
class L2Normalization(Normalizing):
    """The output of 8-bit types has scale 1/128 and represents -1..1."""

    code = "L2_NORMALIZATION"
    example = "i8 1x128"
    max_version = 2
    versions = Versions("1.5.0 1.14.0", types={"INT8": 2})
    plain_types = "FLOAT32"
    options = "L2NormOptions"
    scale = 1 / 128
    zeros = (128, 0)
    quantized = QuantizationRule(fixed=(1 / 128, 128), range=(-1.0, 1.0))
    per_element = 3  # the square, the sum, the quotient

    def check_types(self, node: Node) -> None:
        super().check_types(node)
        activation = node.options.fused_activation_function
        if activation != "NONE":
            node.unsupported(f"it fuses the activation {activation}, which no kernel has")

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.normalization import f32_l2_norm, q8_l2_norm

        input, output = node.input(0), node.outputs[0]
        rows, depth = self.rows(node)
        if input.type == "FLOAT32":
            plan.step(f32_l2_norm, work=rows, cost=depth * 4, scratch=64, input=input, output=output, depth=depth, least=_LEAST)
            return
        zero = scale_and_zero(node, input)[1]
        plan.step(q8_l2_norm[input.type], work=rows, cost=depth * 4 + 64, input=input, output=output, depth=depth, zero=zero)
