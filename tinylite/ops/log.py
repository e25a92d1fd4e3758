"""LOG: the natural logarithm."""

from __future__ import annotations

import numpy as np

from ..quantization_math import integer_limits
from .common.lookup import float_table
from .common.operator import Node, Value, register
from .common.quantization_rules import QuantizationRule
from .common.unary import Unary
from .common.versions import Versions


@register
class Log(Unary):
    """INT8 returns its least value for inputs that have no logarithm."""

    code = "LOG"
    example = "f32 1x56x56x24~0.01..10"
    max_version = 2
    versions = Versions("1.14.0 2.15.0", types={"INT8": 2, "INT16": 2})
    plain_types = "FLOAT32"
    numpy = np.log
    types = ("FLOAT32", "INT8")
    kernel = "log"
    quantized = QuantizationRule(types=("INT8",))

    def table(self, node: Node, input: Value, output: Value) -> np.ndarray:
        least = integer_limits(output.type)[0]

        def logarithm(x: np.ndarray) -> np.ndarray:
            return np.where(x > 0, np.log(np.maximum(x, 1e-45).astype(np.float64)), -np.inf)

        return np.maximum(float_table(node, input, output, logarithm), least)
