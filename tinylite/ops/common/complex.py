"""Operators that make real numbers of complex ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .operator import Node, Operator, Shape

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["ComplexPart"]

_PARTS = {"COMPLEX64": "FLOAT32", "COMPLEX128": "FLOAT64"}


class ComplexPart(Operator):
    """Kernels are in kernels/complex.py under the operator's code, one for each type."""

    example = "c64 56x24"

    def kernels(self) -> dict[str, Any]:
        from ...kernels.complex import PARTS

        return dict(PARTS[self.code])

    def check_types(self, node: Node) -> None:
        input, output = node.input(0), node.outputs[0]
        if input.type not in _PARTS:
            node.unsupported(f"there is no kernel for input {input}; there are: {', '.join(_PARTS)}")
        node.require(output.type == _PARTS[input.type], f"its output {output} is not {_PARTS[input.type]}, what {input.type} is made of")

    def infer(self, node: Node) -> Sequence[Shape]:
        return [node.input(0).shape]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ...kernels.unary import BLOCK

        input, output = node.input(0), node.outputs[0]
        plan.step(self.kernels()[input.type], work=-(-input.size // BLOCK), cost=BLOCK * 2, x=input, out=output, count=input.size)
