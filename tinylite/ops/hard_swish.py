"""HARD_SWISH: x * relu6(x + 3) / 6."""

from __future__ import annotations

import numpy as np

from .common.fixed_point import rounding_divide_by_power
from .common.lookup import centered
from .common.operator import Node, Value, register
from .common.quantized import quantize_multiplier, scale_and_zero
from .common.quantizing import COMPUTES
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
        multiplier, shift = _multiplier_16(float(fine / np.float32(out_scale)))
        node.want(shift <= 0, f"the scale of its output {node.outputs[0]} is too small for its input's")
        relu_multiplier, relu_shift = _multiplier_16(float(fine / (np.float32(3) / np.float32(32768))))
        x = _wrap(centered(node, input) << 7)
        # On the output's scale but for its shift.
        unshifted = _high_rounded(x, multiplier)
        # (x + 3) / 6 within 0..1: first x / 3 within -1..1, saturating, the last bit of a left shift by itself.
        gate = x if relu_shift <= 0 else _saturate(x << (relu_shift - 1))
        gate = _high_rounded(gate, relu_multiplier)
        gate = _saturate(gate << 1) if relu_shift > 0 else rounding_divide_by_power(gate, -relu_shift)
        gate = (gate + (1 << 15)) >> 1
        product = gate * unshifted
        truncated = np.sign(product) * (np.abs(product) >> 15)
        return rounding_divide_by_power(truncated, -shift) + out_zero


def _multiplier_16(factor: float) -> tuple[int, int]:
    """A factor as a 16-bit multiplier and a shift."""
    multiplier, shift = (int(part[0]) for part in quantize_multiplier(factor))
    return (32767 if multiplier >= 2**31 - 1 - (1 << 15) else (multiplier + (1 << 15)) >> 16), shift


def _wrap(x: np.ndarray) -> np.ndarray:
    return ((x + 2**15) % 2**16) - 2**15


def _saturate(x: np.ndarray) -> np.ndarray:
    return np.clip(x, -(2**15), 2**15 - 1)


def _high_rounded(x: np.ndarray, y: int) -> np.ndarray:
    """SaturatingRoundingDoublingHighMul of 16-bit numbers: (x * y + 2^14) >> 15."""
    return (x * y + (1 << 14)) >> 15
