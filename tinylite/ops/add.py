"""ADD: x + y, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary, common_scale
from .common.operator import Node, register
from .common.quantizing import ADDS


@register
class Add(Binary):
    code = "ADD"
    max_version = 6
    clamps = True
    options = "AddOptions"
    quantized = ADDS

    def rescaling(self, node: Node) -> dict[str, int]:
        return common_scale(node)
