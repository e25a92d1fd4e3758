"""RSQRT: 1 / the square root."""

from __future__ import annotations

import numpy as np

from ..quantization_math import integer_limits, inverse_square_root, multiplier_and_shift, multiply_by_quantized_multiplier
from .common.lookup import centered
from .common.operator import Node, Value, register
from .common.quantization_params import scale_and_zero
from .common.quantization_rules import QuantizationRule
from .common.unary import Unary
from .common.versions import Versions

_BITS = 20  # after the point of a root, while it is an integer


@register
class Rsqrt(Unary):
    """INT8 returns its largest value for 0, and for what is below."""

    code = "RSQRT"
    example = "f32 1x56x56x24~0.01..10"
    max_version = 3
    versions = Versions("1.10.0 2.5.0 2.15.0", types={"INT8": 2, "INT16": 3})
    plain_types = "FLOAT32"
    numpy = staticmethod(lambda x: 1 / np.sqrt(x))
    types = ("FLOAT32", "INT8")
    kernel = "rsqrt"
    quantized = QuantizationRule(types=("INT8",))

    def table(self, node: Node, input: Value, output: Value) -> np.ndarray:
        out_scale, out_zero = scale_and_zero(node, output)
        x = centered(node, input)
        multiplier, shift = inverse_square_root(np.maximum(x, 0))
        roots = multiply_by_quantized_multiplier(1, multiplier, shift + _BITS)
        # The product is rounded to float before its inverse is taken in double.
        factor = 1 / float(np.sqrt(np.float32(scale_and_zero(node, input)[0])) * np.float32(out_scale))
        whole, left = multiplier_and_shift(factor)
        found = multiply_by_quantized_multiplier(roots, whole, left - _BITS) + out_zero
        return np.where(x > 0, found, integer_limits(output.type)[1])
