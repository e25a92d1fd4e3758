"""ATAN2: the angle of the point (x, y), y being the first input."""

from __future__ import annotations

from collections.abc import Sequence

from .common.binary import Binary
from .common.operator import Node, Shape, register


@register
class Atan2(Binary):
    code = "ATAN2"
    max_version = 1
    activates = False

    def infer(self, node: Node) -> Sequence[Shape]:
        y, x = node.input(0), node.input(1)
        node.want(y.shape == x.shape, f"its inputs {y} and {x} differ in shape")
        return [y.shape]
