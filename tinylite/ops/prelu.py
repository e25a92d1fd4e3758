"""PRELU: x above 0, x times a learned slope below; the slopes broadcast to the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arithmetic.formulas import Stages, tflm_prelu
from ..quantization_math import integer_limits, multiplier_and_shifts
from .common.binary import Binary, product_scale
from .common.broadcasting import broadcast
from .common.operator import Node, Shape, register
from .common.pairs import of_pairs
from .common.quantization_params import scale_and_zero
from .common.quantization_rules import QuantizationRule
from .common.versions import Versions


@register
class PRelu(Binary):
    code = "PRELU"
    example = "f32 1x56x56x24 const:1x1x24"
    methods = ("tflm",)
    versions = Versions("1.8.0")
    plain_types = "FLOAT32"
    activates = False
    quantized = QuantizationRule(copies=True)

    def infer(self, node: Node) -> Sequence[Shape]:
        x, slopes = node.input(0), node.input(1)
        shape = broadcast(node, x.shape, slopes.shape)
        node.require(shape == x.shape, f"its slopes {slopes} do not broadcast to its input {x}")
        return [shape]

    def fields(self, node: Node) -> dict[str, Any]:
        output = node.outputs[0]
        if output.type == "FLOAT32":
            return {}
        x, slope, out = (np.float32(scale_and_zero(node, value)[0]) for value in (node.input(0), node.input(1), output))
        # LiteRT multiplies and divides the scales as floats.
        multiplier, left, right = multiplier_and_shifts(float(x / out))
        low, high = integer_limits(output.type)
        return {
            **product_scale(node, float(x * slope / out)), "x_multiplier": multiplier, "x_left": left,
            "x_right": right, "low": low, "high": high,
        }  # fmt: skip

    def stages(self, node: Node, method: str) -> Stages | None:
        return of_pairs(node, tflm_prelu)
