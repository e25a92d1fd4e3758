"""The choice between two inputs by a third."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .broadcasting import blocks, loops
from .copying import PACKED
from .operator import Node, Operator, Shape
from .quantization_rules import JOINS

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["Selecting"]


class Selecting(Operator):
    """A BOOL condition, and two inputs of one type; stored values are copied, so both have the output's scale."""

    example = "f32 bool:1x56x24 1x56x24*2"
    input_count = (3, 3)
    quantized = JOINS
    per_element = 1

    def check_types(self, node: Node) -> None:
        condition, x, y, output = node.input(0), node.input(1), node.input(2), node.outputs[0]
        node.require(condition.type == "BOOL", f"its condition {condition} is not BOOL")
        node.require(x.type == y.type == output.type, f"its inputs {x} and {y} and its output ({output.type}) do not share a type")
        if x.type in PACKED or x.dtype.itemsize > 8:
            node.unsupported(f"there is no kernel for input {x}")

    def shape(self, node: Node) -> Shape:
        """What the inputs' shapes make together."""
        raise NotImplementedError

    def infer(self, node: Node) -> Sequence[Shape]:
        # Of single elements the output keeps its own shape: in the reference, and for models that count on it.
        if all(value.size == 1 for value in (node.input(0), node.input(1), node.input(2), node.outputs[0])):
            return [node.outputs[0].shape]
        return [self.shape(node)]

    def condition_shape(self, node: Node) -> Shape:
        """How the condition stretches."""
        return node.input(0).shape

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ...kernels.binary import MAX_OUTER
        from ...kernels.comparison import SELECT

        condition, x, y, output = node.input(0), node.input(1), node.input(2), node.outputs[0]
        shapes = (self.condition_shape(node), x.shape, y.shape) if output.size > 1 else ((), (), ())
        walk = loops(node, shapes, output.shape, MAX_OUTER, ("condition", "x", "y"))
        plan.step(SELECT[x.dtype.itemsize], **blocks(walk), scratch=128, condition=condition, x=x, y=y, out=output, **walk)
