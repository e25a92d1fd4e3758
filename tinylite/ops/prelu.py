"""PRELU: x above 0, x times a learned slope below; the slopes broadcast to the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .common.binary import Binary, product_scale
from .common.broadcasting import broadcast
from .common.operator import Node, Shape, register
from .common.quantized import integer_range, quantize_multiplier, scale_and_zero
from .common.quantizing import Quantized
from .common.versions import Versions


@register
class PRelu(Binary):
    code = "PRELU"
    versions = Versions("1.8.0")
    plain_types = "FLOAT32"
    activates = False
    quantized = Quantized(copies=True)

    def infer(self, node: Node) -> Sequence[Shape]:
        x, slopes = node.input(0), node.input(1)
        shape = broadcast(node, x.shape, slopes.shape)
        node.want(shape == x.shape, f"its slopes {slopes} do not broadcast to its input {x}")
        return [shape]

    def fields(self, node: Node) -> dict[str, Any]:
        output = node.outputs[0]
        if output.type == "FLOAT32":
            return {}
        x, slope, out = (np.float32(scale_and_zero(node, value)[0]) for value in (node.input(0), node.input(1), output))
        # LiteRT multiplies and divides the scales as floats.
        multiplier, shift = (int(part[0]) for part in quantize_multiplier(float(x / out)))
        low, high = integer_range(output.type)
        return {
            **product_scale(node, float(x * slope / out)), "x_multiplier": multiplier, "x_left": max(shift, 0),
            "x_right": max(-shift, 0), "low": low, "high": high,
        }  # fmt: skip
