"""MUL: x * y, with broadcasting."""

from __future__ import annotations

import numpy as np

from .common.binary import Binary, product_scale
from .common.operator import Node, register
from .common.quantized import scale_and_zero
from .common.quantizing import COMPUTES


@register
class Mul(Binary):
    code = "MUL"
    max_version = 8
    clamps = True
    options = "MulOptions"
    quantized = COMPUTES

    def rescaling(self, node: Node) -> dict[str, int]:
        x, y, out = (np.float32(scale_and_zero(node, value)[0]) for value in (node.input(0), node.input(1), node.outputs[0]))
        # LiteRT multiplies and divides the scales as floats.
        return product_scale(node, float(x * y / out))
