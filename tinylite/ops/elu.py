"""ELU: x above 0, e^x - 1 below."""

from __future__ import annotations

import numpy as np

from .common.operator import Node, register
from .common.quantization_rules import QuantizationRule
from .common.unary import Unary
from .common.versions import Versions


@register
class Elu(Unary):
    code = "ELU"
    max_version = 1
    versions = Versions("1.14.0")
    plain_types = "FLOAT32"
    types = ("FLOAT32", "INT8")
    kernel = "elu"
    quantized = QuantizationRule(types=("INT8",))

    def real(self, x: np.ndarray, node: Node) -> np.ndarray:
        return np.where(x < 0, np.expm1(np.minimum(x, 0).astype(np.float64)).astype(np.float32), x)
