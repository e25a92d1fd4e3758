"""SQUARED_DIFFERENCE: (x - y)^2, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary, common_scale
from .common.operator import Node, register
from .common.quantization_rules import QuantizationRule
from .common.versions import Versions


@register
class SquaredDifference(Binary):
    code = "SQUARED_DIFFERENCE"
    max_version = 2
    versions = Versions("1.13.1 2.5.0", types={"INT8": 2})
    plain_types = "FLOAT32 INT32"
    commutative = True
    activates = False
    quantized = QuantizationRule(types=("INT8",))

    def rescaling(self, node: Node) -> dict[str, int]:
        return common_scale(node, left_shift=7, power=2)
