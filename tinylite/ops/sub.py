"""SUB: x - y, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary, common_scale
from .common.operator import Node, register
from .common.quantizing import ADDS


@register
class Sub(Binary):
    code = "SUB"
    max_version = 5
    clamps = True
    options = "SubOptions"
    quantized = ADDS

    def rescaling(self, node: Node) -> dict[str, int]:
        return common_scale(node)
