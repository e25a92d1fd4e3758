"""TANH: the hyperbolic tangent."""

from __future__ import annotations

import numpy as np

from .common.operator import Node, register
from .common.quantizing import Quantized
from .common.unary import Unary


@register
class Tanh(Unary):
    code = "TANH"
    max_version = 3
    types = ("FLOAT32", "UINT8", "INT8")
    kernel = "tanh"
    quantized = Quantized(fixed=(1 / 128, 128))

    def real(self, x: np.ndarray, node: Node) -> np.ndarray:
        return np.tanh(x.astype(np.float64))
