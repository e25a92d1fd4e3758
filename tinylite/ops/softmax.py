"""SOFTMAX: e^(beta x) over its sum along the last dimension."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .common.differences import scaled_differences
from .common.normalizing import Normalizing
from .common.operator import Node, register
from .common.quantization_params import scale_and_zero
from .common.quantization_rules import QuantizationRule
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class Softmax(Normalizing):
    """The output of 8-bit types has scale 1/256 and the least value as zero point."""

    code = "SOFTMAX"
    example = "i8 1x1000"
    usual_options: ClassVar[Mapping[str, Any]] = {"beta": 1.0}
    max_version = 4
    versions = Versions("1.5.0 1.14.0 2.3.0 2.23.0", types={"INT8": 2, "INT16": 3, "FLOAT16": 4})
    plain_types = "FLOAT32 FLOAT16"
    options = "SoftmaxOptions"
    scale = 1 / 256
    zeros = (0, -128)
    quantized = QuantizationRule(fixed=(1 / 256, 0), finest=2.0**-26)
    per_element = 5  # the largest, what each is below it, its power, their sum, the quotient

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.softmax import f32_softmax, q8_softmax

        input, output = node.input(0), node.outputs[0]
        rows, depth = self.rows(node)
        beta = float(node.options.beta)
        if input.type == "FLOAT32":
            plan.step(f32_softmax, work=rows, cost=depth * 4, scratch=depth * 4 + 64, input=input, output=output, depth=depth, beta=beta)
            return
        powers = plan.constant(scaled_differences(node, beta * scale_and_zero(node, input)[0]).powers(), np.int32)
        plan.step(q8_softmax[input.type], work=rows, cost=depth * 4, input=input, output=output, powers=powers, depth=depth)
