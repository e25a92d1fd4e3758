"""Clamping activations: RELU and its relatives."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ...quantization_math import integer_limits, rescale
from .lookup import centered
from .operator import Node, Value
from .quantization_params import scale_and_zero, stored_bound
from .quantization_rules import QuantizationRule
from .unary import Unary

__all__ = ["Clamping"]


class Clamping(Unary):
    """Clamps real numbers to `clamp`; quantized inputs are rescaled to the output first (LiteRT's QuantizedReluX)."""

    kernel = "clamp"
    types = ("FLOAT32", "UINT8", "INT8")
    quantized = QuantizationRule(copies=True, ranges="backward")
    clamp: ClassVar[tuple[float, float]]

    def kernel_fields(self, node: Node) -> dict[str, Any]:
        low, high = self.clamp
        return {"low": low, "high": high}

    def table(self, node: Node, input: Value, output: Value) -> np.ndarray:
        out_scale, out_zero = scale_and_zero(node, output)
        factor = float(np.float32(scale_and_zero(node, input)[0]) / np.float32(out_scale))
        (low, high), (least, largest) = self.clamp, integer_limits(output.type)
        low = max(least, out_zero + stored_bound(node, low, out_scale))
        high = min(largest, out_zero + stored_bound(node, high, out_scale)) if np.isfinite(high) else largest
        return np.minimum(np.maximum(out_zero + rescale(centered(node, input), factor), low), high)
