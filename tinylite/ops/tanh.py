"""TANH: the hyperbolic tangent."""

from __future__ import annotations

import numpy as np

from ..arithmetic.formulas import Stages, tflm_tanh, xnnpack_function
from .common.lookup import real_values, stored_values
from .common.operator import Node, register
from .common.quantization_params import affine
from .common.quantization_rules import QuantizationRule
from .common.unary import Unary
from .common.versions import Versions


@register
class Tanh(Unary):
    code = "TANH"
    example = "i8 1x56x56x24"
    methods = ("tflm", "xnnpack")
    max_version = 3
    versions = Versions("1.14.0 1.14.0 2.3.0", types={"INT8": 2, "INT16": 3})
    plain_types = "FLOAT32 FLOAT16 BFLOAT16"
    types = ("FLOAT32", "UINT8", "INT8")
    kernel = "tanh"
    quantized = QuantizationRule(fixed=(1 / 128, 128), range=(-127 / 128, 1.0))

    def real(self, x: np.ndarray, node: Node) -> np.ndarray:
        return np.tanh(x.astype(np.float64))

    def stages(self, node: Node, method: str) -> Stages | None:
        input, output = node.input(0), affine(node, node.outputs[0])
        if method == "tflm":
            return tflm_tanh(stored_values(input.type), affine(node, input), output)
        return xnnpack_function(self.real(real_values(node, input), node).astype(np.float32), output)
