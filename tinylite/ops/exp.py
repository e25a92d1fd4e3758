"""EXP: e^x."""

from __future__ import annotations

import numpy as np

from .common.operator import Node, register
from .common.quantization_rules import QuantizationRule
from .common.unary import Unary
from .common.versions import Versions


@register
class Exp(Unary):
    code = "EXP"
    max_version = 2
    versions = Versions("1.7.0 2.12.0", types={"INT8": 2, "INT16": 2})
    plain_types = "FLOAT32"
    types = ("FLOAT32", "INT8")
    kernel = "exp"
    quantized = QuantizationRule(types=("INT8",))

    def real(self, x: np.ndarray, node: Node) -> np.ndarray:
        return np.exp(x.astype(np.float64))
