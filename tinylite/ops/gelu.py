"""GELU: x times the normal distribution at x, exactly or by tanh."""

from __future__ import annotations

import math

import numpy as np

from .common.operator import Node, register
from .common.quantization_rules import COMPUTES
from .common.unary import Unary
from .common.versions import Versions


@register
class Gelu(Unary):
    code = "GELU"
    max_version = 2
    versions = Versions("2.9.0 2.9.0 2.23.0", types={"INT8": 2, "UINT8": 2, "FLOAT16": 3})
    plain_types = "FLOAT32"
    options = "GeluOptions"
    types = ("FLOAT32", "UINT8", "INT8")
    quantized = COMPUTES

    def kernel_name(self, node: Node) -> str:
        return "gelu_tanh" if node.options.approximate else "gelu"

    def real(self, x: np.ndarray, node: Node) -> np.ndarray:
        if node.options.approximate:
            cube = x * x * x
            inner = np.float32(0.7978845608028654) * (x + np.float32(0.044715) * cube)
            return x * np.float32(0.5) * (np.float32(1) + np.tanh(inner.astype(np.float64)).astype(np.float32))
        # Not 1 + erf: LiteRT asks for erfc, which keeps its digits where erf is near -1, and the two part at halves.
        argument = x * np.float32(-math.sqrt(0.5))
        erfc = np.array([math.erfc(value) for value in argument.tolist()], np.float32)
        return x * np.float32(0.5) * erfc
