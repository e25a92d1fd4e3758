"""SELECT: x where the condition is true, y elsewhere. A condition of one dimension chooses rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .common.operator import Node, Shape, register
from .common.selecting import Selecting
from .common.versions import Versions

if TYPE_CHECKING:
    from ..model import Op


@register
class Select(Selecting):
    code = "SELECT"
    max_version = 4
    versions = Versions("1.14.0 1.14.0 2.12.0 2.12.0", types={"INT8": 2, "UINT32": 4})

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), 3 if any(tensor is not None and len(tensor.shape) == 5 for tensor in op.inputs) else 1)

    def shape(self, node: Node) -> Shape:
        condition, x, y = (node.input(index) for index in range(3))
        node.require(x.shape == y.shape, f"its inputs {x} and {y} have different shapes")
        rows = len(condition.shape) == 1 and condition.shape == x.shape[:1]
        node.require(not condition.shape or rows or condition.shape == x.shape, f"its condition {condition} does not fit {x}")
        return x.shape

    def condition_shape(self, node: Node) -> Shape:
        shape, wanted = node.input(0).shape, node.input(1).shape
        return shape if len(shape) == len(wanted) else (*shape, *[1] * (len(wanted) - len(shape)))
