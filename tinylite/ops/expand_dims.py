"""EXPAND_DIMS: a new dimension of one."""

from __future__ import annotations

from collections.abc import Sequence

from .common.joining import axis_of
from .common.operator import Node, Shape, register
from .common.reshaping import Reshaping
from .common.versions import Versions


@register
class ExpandDims(Reshaping):
    code = "EXPAND_DIMS"
    example = "f32 56x24 (0)"
    versions = Versions("1.10.0")
    reshapes = True
    input_count = (2, 2)

    def infer(self, node: Node) -> Sequence[Shape]:
        shape, numbers = node.input(0).shape, node.numbers(1)
        node.require(len(numbers) == 1, f"it takes one axis, not {numbers}")
        axis = axis_of(node, numbers[0], len(shape) + 1)
        return [(*shape[:axis], 1, *shape[axis:])]
