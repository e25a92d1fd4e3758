"""ABS: the size without the sign."""

from __future__ import annotations

import numpy as np

from .common.lookup import centered, rescaled
from .common.operator import Node, Value, register
from .common.quantized import scale_and_zero
from .common.quantizing import Quantized
from .common.unary import Unary


@register
class Abs(Unary):
    code = "ABS"
    max_version = 5
    types = ("FLOAT32", "INT8", "INT32", "INT64")
    kernel = "abs"
    quantized = Quantized(types=("INT8",))

    def table(self, node: Node, input: Value, output: Value) -> np.ndarray:
        (in_scale, _), (out_scale, out_zero) = scale_and_zero(node, input), scale_and_zero(node, output)
        sizes = np.abs(centered(node, input))
        if in_scale != out_scale:
            sizes = rescaled(sizes, float(np.float32(in_scale) / np.float32(out_scale)))
        return sizes + out_zero
