"""Operators that only change the shape: nothing runs, unless somebody could distinguish input and output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from .copying import copy_step
from .operator import Node, Operator, Shape
from .quantization_rules import RESHAPES, QuantizationRule

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["Reshaping", "resolve"]


def resolve(node: Node, wanted: Sequence[int]) -> Shape:
    """A shape with a -1 filled in, checked against the input's elements."""
    input = node.input(0)
    known, unknown = 1, 0
    for dimension in wanted:
        if dimension == -1:
            unknown += 1
        elif dimension < 0:
            node.fail(f"its new shape {list(wanted)} has a negative dimension")
        else:
            known *= dimension
    node.require(unknown <= 1, f"its new shape {list(wanted)} has more than one -1")
    if unknown:
        node.require(known > 0 and input.size % known == 0, f"the {input.size} elements of {input} do not fill the shape {list(wanted)}")
        return tuple(input.size // known if dimension == -1 else dimension for dimension in wanted)
    node.require(known == input.size, f"the {input.size} elements of {input} do not fill the shape {list(wanted)}")
    return tuple(wanted)


class Reshaping(Operator):
    """One input is data, the others say the shape."""

    quantized: ClassVar[QuantizationRule | None] = RESHAPES

    def check_types(self, node: Node) -> None:
        node.require(node.input(0).type == node.outputs[0].type, f"its output is {node.outputs[0].type} and its input {node.input(0).type}")

    def prepare(self, node: Node, plan: PlanContext) -> None:
        if not plan.alias(node.outputs[0], node.input(0)):
            copy_step(plan, node.input(0), node.outputs[0])
