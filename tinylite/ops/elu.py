"""ELU: x above 0, e^x - 1 below."""

from __future__ import annotations

import numpy as np

from ..arithmetic.formulas import Stages, xnnpack_function
from .common.lookup import real_values
from .common.operator import Node, register
from .common.quantization_params import affine
from .common.quantization_rules import QuantizationRule
from .common.unary import Unary
from .common.versions import Versions


@register
class Elu(Unary):
    code = "ELU"
    methods = ("xnnpack",)
    max_version = 1
    versions = Versions("1.14.0")
    plain_types = "FLOAT32"
    types = ("FLOAT32", "INT8")
    kernel = "elu"
    quantized = QuantizationRule(types=("INT8",))

    def real(self, x: np.ndarray, node: Node) -> np.ndarray:
        return np.where(x < 0, np.expm1(np.minimum(x, 0).astype(np.float64)).astype(np.float32), x)

    def stages(self, node: Node, method: str) -> Stages | None:
        return xnnpack_function(self.real(real_values(node, node.input(0)), node).astype(np.float32), affine(node, node.outputs[0]))
