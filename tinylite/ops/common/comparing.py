"""Operators that compare two inputs, with broadcasting; the output is BOOL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .binary import halves
from .broadcasting import broadcast, loops
from .operator import Node, Operator, Shape
from .quantized import scale_and_zero

if TYPE_CHECKING:
    from ...planner import Planner

__all__ = ["Comparison"]


class Comparison(Operator):
    """Kernels stand in kernels/comparison.py under the operator's code, one for each type.

    Quantized inputs are brought to real numbers with 8 bits behind the point, as the reference does: their scales are below 1.
    """

    input_count = (2, 2)

    def kernels(self) -> dict[str, Any]:
        from ...kernels.comparison import COMPARISONS

        return dict(COMPARISONS[self.code])

    def check_types(self, node: Node) -> None:
        x, y, output = node.input(0), node.input(1), node.outputs[0]
        if x.type not in self.kernels():
            node.unsupported(f"there is no kernel for input {x}; there are: {', '.join(self.kernels())}")
        node.want(x.type == y.type, f"its inputs {x} and {y} do not share a type")
        node.want(output.type == "BOOL", f"its output {output} is not BOOL")

    def infer(self, node: Node) -> Sequence[Shape]:
        return [broadcast(node, node.input(0).shape, node.input(1).shape)]

    def rescaling(self, node: Node) -> dict[str, int]:
        if node.input(0).type not in ("INT8", "UINT8"):
            return {}
        fields = {}
        for name, value in (("x", node.input(0)), ("y", node.input(1))):
            scale, zero = scale_and_zero(node, value)
            if scale >= 1:
                node.unsupported(f"the scale {scale:.6g} of {value} is not below 1")
            multiplier, _, right = halves(scale)
            fields |= {f"{name}_zero": zero, f"{name}_multiplier": multiplier, f"{name}_right": right}
        return fields

    def prepare(self, node: Node, plan: Planner) -> None:
        from ...kernels.binary import BLOCK, MAX_OUTER

        x, y, output = node.input(0), node.input(1), node.outputs[0]
        walk = loops(node, (x.shape, y.shape), output.shape, MAX_OUTER)
        blocks = -(-walk["run"] // BLOCK)
        plan.step(
            self.kernels()[x.type], work=blocks * int(np.prod(walk["dims"], dtype=np.int64)), cost=min(walk["run"], BLOCK) + 16,
            scratch=128, x=x, y=y, out=output, **walk, **self.rescaling(node),
        )  # fmt: skip
