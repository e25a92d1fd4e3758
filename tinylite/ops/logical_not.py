"""LOGICAL_NOT: not x."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .common.operator import Node, register
from .common.unary import Unary

if TYPE_CHECKING:
    from ..planner import Planner


@register
class LogicalNot(Unary):
    code = "LOGICAL_NOT"
    types = ("BOOL",)

    def prepare(self, node: Node, plan: Planner) -> None:
        from ..kernels.comparison import logical_not
        from ..kernels.unary import BLOCK

        x, output = node.input(0), node.outputs[0]
        plan.step(logical_not, work=-(-x.size // BLOCK), cost=BLOCK, x=x, out=output, count=x.size)
