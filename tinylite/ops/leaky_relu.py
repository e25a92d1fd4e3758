"""LEAKY_RELU: x above 0, alpha * x below."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..arithmetic.formulas import Stages, tflm_leaky_relu, xnnpack_leaky_relu
from ..quantization_math import rescale
from .common.lookup import centered, stored_values
from .common.operator import Node, Value, register
from .common.quantization_params import affine, scale_and_zero
from .common.quantization_rules import COMPUTES
from .common.unary import Unary
from .common.versions import Versions


@register
class LeakyRelu(Unary):
    code = "LEAKY_RELU"
    example = "i8 1x56x56x24 alpha=0.2"
    methods = ("tflm", "xnnpack")
    max_version = 2
    versions = Versions("1.13.1 2.3.0", types={"INT16": 2})
    plain_types = "FLOAT32"
    options = "LeakyReluOptions"
    types = ("FLOAT32", "UINT8", "INT8")
    kernel = "leaky_relu"
    quantized = COMPUTES

    def kernel_fields(self, node: Node) -> dict[str, Any]:
        return {"alpha": float(node.options.alpha)}

    def table(self, node: Node, input: Value, output: Value) -> np.ndarray:
        in_scale, (out_scale, out_zero) = np.float32(scale_and_zero(node, input)[0]), scale_and_zero(node, output)
        alpha = np.float32(node.options.alpha)
        values = centered(node, input)
        above = rescale(values, float(in_scale / np.float32(out_scale)))
        below = rescale(values, float(in_scale * abs(alpha) / np.float32(out_scale)))
        return out_zero + np.where(values >= 0, above, below if alpha >= 0 else -below)

    def stages(self, node: Node, method: str) -> Stages | None:
        input = node.input(0)
        formula = tflm_leaky_relu if method == "tflm" else xnnpack_leaky_relu
        return formula(stored_values(input.type), affine(node, input), affine(node, node.outputs[0]), node.options.alpha)
