"""SQRT: the square root."""

from __future__ import annotations

import numpy as np

from ..quantization_math import integer_limits
from .common.lookup import real_values
from .common.operator import Node, Value, register
from .common.quantization_params import scale_and_zero
from .common.quantization_rules import QuantizationRule
from .common.unary import Unary
from .common.versions import Versions


@register
class Sqrt(Unary):
    """INT8 rounds toward zero, and takes what is below 0 for 0."""

    code = "SQRT"
    example = "f32 1x56x56x24~0..10"
    max_version = 2
    versions = Versions("1.10.0 2.21.0", types={"INT8": 2, "INT16": 2})
    plain_types = "FLOAT32"
    types = ("FLOAT32", "INT8")
    kernel = "sqrt"
    quantized = QuantizationRule(types=("INT8",))

    def table(self, node: Node, input: Value, output: Value) -> np.ndarray:
        out_scale, out_zero = scale_and_zero(node, output)
        roots = np.sqrt(np.maximum(real_values(node, input), 0)) / np.float32(out_scale)
        least, most = integer_limits(output.type)
        return np.minimum(roots, most - least).astype(np.int64) + out_zero
