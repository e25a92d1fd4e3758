"""LOG_SOFTMAX: x less the logarithm of the sum of e^x along the last dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..quantization_math import multiplier_and_shift
from .common.differences import scaled_differences
from .common.normalizing import Normalizing
from .common.operator import Node, register
from .common.quantization_params import scale_and_zero
from .common.quantization_rules import QuantizationRule
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class LogSoftmax(Normalizing):
    """The output of 8-bit types has scale 1/16 and the largest value as zero point."""

    code = "LOG_SOFTMAX"
    example = "i8 1x1000"
    max_version = 2
    versions = Versions("1.14.0 1.14.0", types={"INT8": 2})
    plain_types = "FLOAT32"
    scale = 1 / 16
    zeros = (255, 127)
    quantized = QuantizationRule(fixed=(16 / 256, 255), finest=2.0**-26)
    per_element = 5  # as of SOFTMAX, with a difference for the quotient

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.softmax import f32_log_softmax, q8_log_softmax

        input, output = node.input(0), node.outputs[0]
        rows, depth = self.rows(node)
        if input.type == "FLOAT32":
            plan.step(f32_log_softmax, work=rows, cost=depth * 4, scratch=64, input=input, output=output, depth=depth)
            return
        differences = scaled_differences(node, scale_and_zero(node, input)[0])
        # How many steps of the input's an integer of the scaled differences is.
        multiplier, shift = multiplier_and_shift((1 << (31 - differences.shift)) / differences.multiplier)
        plan.step(
            q8_log_softmax[input.type], work=rows, cost=depth * 4 + 64, input=input, output=output, depth=depth,
            powers=plan.constant(differences.powers(), np.int32), scaled=plan.constant(differences.scaled, np.int32),
            radius=differences.radius, multiplier=multiplier, right=-shift,
        )  # fmt: skip
