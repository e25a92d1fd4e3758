"""SQUARED_DIFFERENCE: (x - y)^2, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary, common_scale
from .common.operator import Node, register
from .common.quantizing import Quantized


@register
class SquaredDifference(Binary):
    code = "SQUARED_DIFFERENCE"
    max_version = 2
    activates = False
    quantized = Quantized(types=("INT8",))

    def rescaling(self, node: Node) -> dict[str, int]:
        return common_scale(node, left_shift=7, power=2)
