"""Operators with one input and one output of its shape and type: activations and elementary functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...arithmetic.formulas import Stages, last
from .lookup import float_table, lookup_step
from .operator import Node, Operator, Shape, Value

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["Unary"]


class Unary(Operator):
    """A float kernel by name, and for 8-bit types a table.

    kernel    the name of the kernel in kernels/unary.py, for each type that has one
    types     all types, 8-bit ones through `table`
    """

    elementwise = True
    kernel: ClassVar[str]
    types: ClassVar[tuple[str, ...]] = ("FLOAT32",)

    def kernel_name(self, node: Node) -> str:
        return self.kernel

    def kernel_fields(self, node: Node) -> dict[str, Any]:
        """What the kernel's record wants besides its operands."""
        return {}

    def real(self, x: np.ndarray, node: Node) -> np.ndarray:
        """The function in float32, for tables; the default `table` uses it."""
        raise NotImplementedError

    def table(self, node: Node, input: Value, output: Value) -> np.ndarray:
        """The 256 results of an 8-bit input, by ascending value."""
        return float_table(node, input, output, lambda x: self.real(x, node))

    def stages(self, node: Node, method: str) -> Stages | None:
        """What an arithmetic's method computes of all values of an 8-bit input; None where it leaves the op to another kernel."""
        return None

    def check_types(self, node: Node) -> None:
        input, output = node.input(0), node.outputs[0]
        if input.type not in self.types:
            node.unsupported(f"there is no kernel for input {input}; there are: {', '.join(self.types)}")
        node.require(output.type == input.type, f"its output {output} is not {input.type}, as its input is")

    def infer(self, node: Node) -> Sequence[Shape]:
        return [node.input(0).shape]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ...kernels import unary

        input, output = node.input(0), node.outputs[0]
        if input.type in ("INT8", "UINT8"):
            method = self.rule(node, plan.arithmetic).method
            stages = self.stages(node, method) if method else None
            lookup_step(plan, input, output, self.table(node, input, output) if stages is None else last(stages))
            return
        plan.step(
            unary.UNARY[input.type][self.kernel_name(node)], work=-(-input.size // unary.BLOCK), cost=unary.BLOCK * 2, scratch=128, x=input,
            out=output, count=input.size, **self.kernel_fields(node),
        )  # fmt: skip
