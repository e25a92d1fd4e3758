"""LOGISTIC: 1 / (1 + e^-x)."""

from __future__ import annotations

import numpy as np

from ..arithmetic.formulas import Stages, tflm_logistic, xnnpack_function
from ..quantization_math import integer_limits
from .common.lookup import real_values, stored_values
from .common.operator import Node, register
from .common.quantization_params import affine, scale_and_zero
from .common.quantization_rules import QuantizationRule
from .common.unary import Unary
from .common.versions import Versions


@register
class Logistic(Unary):
    """8-bit outputs have scale 1/256 and the least value as zero point."""

    code = "LOGISTIC"
    example = "i8 1x56x56x24"
    methods = ("tflm", "xnnpack")
    max_version = 3
    versions = Versions("1.14.0 1.14.0 2.3.0", types={"INT8": 2, "INT16": 3})
    plain_types = "FLOAT32 FLOAT16 BFLOAT16"
    types = ("FLOAT32", "UINT8", "INT8")
    kernel = "logistic"
    quantized = QuantizationRule(fixed=(1 / 256, 0))

    def check_types(self, node: Node) -> None:
        super().check_types(node)
        output = node.outputs[0]
        if output.type != "FLOAT32":
            scale, zero = scale_and_zero(node, output)
            least = integer_limits(output.type)[0]
            node.require(
                scale == 1 / 256 and zero == least,
                f"its output {output} has scale {scale:.6g} and zero point {zero}, not 1/256 and {least}",
            )

    def real(self, x: np.ndarray, node: Node) -> np.ndarray:
        # Each step rounded to float, as the reference does.
        return np.float32(1) / (np.float32(1) + np.exp(-x.astype(np.float64)).astype(np.float32))

    def stages(self, node: Node, method: str) -> Stages | None:
        input, output = node.input(0), affine(node, node.outputs[0])
        if method == "tflm":
            return tflm_logistic(stored_values(input.type), affine(node, input), output)
        with np.errstate(over="ignore"):
            power = np.exp(-real_values(node, input).astype(np.float64))
        return xnnpack_function((1 / (1 + power)).astype(np.float32), output)
