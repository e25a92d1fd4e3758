"""EXP: e^x."""

from __future__ import annotations

import numpy as np

from .common.operator import Node, register
from .common.quantizing import Quantized
from .common.unary import Unary


@register
class Exp(Unary):
    code = "EXP"
    max_version = 2
    types = ("FLOAT32", "INT8")
    kernel = "exp"
    quantized = Quantized(types=("INT8",))

    def real(self, x: np.ndarray, node: Node) -> np.ndarray:
        return np.exp(x.astype(np.float64))
