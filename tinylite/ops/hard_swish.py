"""HARD_SWISH: x * relu6(x + 3) / 6."""

from __future__ import annotations

import numpy as np

from ..quantization_math import multiplier_16, multiply_high, rounding_divide_by_power, saturating_shift_left, wrap
from .common.lookup import centered
from .common.operator import Node, Value, register
from .common.quantization_params import scale_and_zero
from .common.quantization_rules import COMPUTES
from .common.unary import Unary
from .common.versions import Versions


@register
class HardSwish(Unary):
    """8-bit types go through LiteRT's 16-bit fixed point."""

    code = "HARD_SWISH"
    versions = Versions("1.15.0")
    plain_types = "FLOAT32"
    types = ("FLOAT32", "UINT8", "INT8")
    kernel = "hard_swish"
    quantized = COMPUTES

    def table(self, node: Node, input: Value, output: Value) -> np.ndarray:
        out_scale, out_zero = scale_and_zero(node, output)
        fine = np.float32(1 / 128) * np.float32(scale_and_zero(node, input)[0])
        multiplier, shift = multiplier_16(float(fine / np.float32(out_scale)))
        node.require(shift <= 0, f"the scale of its output {node.outputs[0]} is too small for its input's")
        relu_multiplier, relu_shift = multiplier_16(float(fine / (np.float32(3) / np.float32(32768))))
        x = wrap(centered(node, input) << 7, 16)
        # On the output's scale but for its shift.
        unshifted = multiply_high(x, multiplier, 16)
        # (x + 3) / 6 within 0..1: first x / 3 within -1..1, saturating, the last bit of a left shift by itself.
        gate = x if relu_shift <= 0 else saturating_shift_left(x, relu_shift - 1, 16)
        gate = multiply_high(gate, relu_multiplier, 16)
        gate = saturating_shift_left(gate, 1, 16) if relu_shift > 0 else rounding_divide_by_power(gate, -relu_shift)
        gate = (gate + (1 << 15)) >> 1
        product = gate * unshifted
        truncated = np.sign(product) * (np.abs(product) >> 15)
        return rounding_divide_by_power(truncated, -shift) + out_zero
