"""The choice between two inputs by a third."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .broadcasting import loops
from .operator import Node, Operator, Shape

if TYPE_CHECKING:
    from ...planner import Planner

__all__ = ["Selecting"]


class Selecting(Operator):
    """A BOOL condition, and two inputs of one type; stored values are copied, so both have the output's scale."""

    input_count = (3, 3)

    def check_types(self, node: Node) -> None:
        condition, x, y, output = node.input(0), node.input(1), node.input(2), node.outputs[0]
        node.want(condition.type == "BOOL", f"its condition {condition} is not BOOL")
        node.want(x.type == y.type == output.type, f"its inputs {x} and {y} and its output ({output.type}) do not share a type")
        from ...kernels.comparison import SELECT

        if x.dtype.itemsize not in SELECT:
            node.unsupported(f"there is no kernel for input {x}")

    def condition_shape(self, node: Node) -> Shape:
        """How the condition stretches."""
        return node.input(0).shape

    def prepare(self, node: Node, plan: Planner) -> None:
        from ...kernels.binary import MAX_OUTER
        from ...kernels.comparison import SELECT

        condition, x, y, output = node.input(0), node.input(1), node.input(2), node.outputs[0]
        walk = loops(node, (self.condition_shape(node), x.shape, y.shape), output.shape, MAX_OUTER, ("condition", "x", "y"))
        plan.step(
            SELECT[x.dtype.itemsize], work=int(np.prod(walk["dims"], dtype=np.int64)), cost=walk["run"] + 16, condition=condition, x=x,
            y=y, out=output, **walk,
        )  # fmt: skip
