"""Operators that compare two inputs, with broadcasting; the output is BOOL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ...quantization_math import multiplier_and_shifts
from .broadcasting import blocks, broadcast, loops
from .operator import Node, Operator, Shape, Value
from .quantization_params import scale_and_zero
from .quantization_rules import COMPUTES, QuantizationRule

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["Comparison"]


class Comparison(Operator):
    """Kernels are in kernels/comparison.py under the operator's code, one for each type.

    Quantized inputs are brought to real numbers with 8 bits after the point, as the reference does; without scales, and where
    the reference never looks at them (the order of INT16), stored values are compared.
    """

    input_count = (2, 2)
    elementwise = True
    quantized: ClassVar[QuantizationRule | None] = COMPUTES

    def kernels(self) -> dict[str, Any]:
        from ...kernels.comparison import COMPARISONS

        return dict(COMPARISONS[self.code])

    def check_types(self, node: Node) -> None:
        x, y, output = node.input(0), node.input(1), node.outputs[0]
        if x.type not in self.kernels():
            node.unsupported(f"there is no kernel for input {x}; there are: {', '.join(self.kernels())}")
        node.require(x.type == y.type, f"its inputs {x} and {y} do not share a type")
        node.require(output.type == "BOOL", f"its output {output} is not BOOL")

    def infer(self, node: Node) -> Sequence[Shape]:
        return [broadcast(node, node.input(0).shape, node.input(1).shape)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ...kernels.binary import MAX_OUTER
        from ...kernels.comparison import QUANTIZED

        x, y, output = node.input(0), node.input(1), node.outputs[0]
        kernel = self.kernels()[x.type]
        fields: dict[str, Any] = {}
        if (x.quantized or y.quantized) and x.type in QUANTIZED.get(self.code, {}):
            kernel, fields = QUANTIZED[self.code][x.type], {**_to_real(node, "x", x), **_to_real(node, "y", y)}
        walk = loops(node, (x.shape, y.shape), output.shape, MAX_OUTER)
        plan.step(kernel, **blocks(walk), scratch=128, x=x, y=y, out=output, **walk, **fields)


def _to_real(node: Node, name: str, value: Value) -> dict[str, Any]:
    """The record's fields that rescale an operand by its scale."""
    scale, zero = scale_and_zero(node, value)
    # Values and 8 bits more have to stay within an int32.
    node.require(scale < 2.0 ** (22 - 8 * value.dtype.itemsize), f"the scale {scale:.6g} of its input {value} is too large to compare by")
    multiplier, left, right = multiplier_and_shifts(scale)
    return {f"{name}_zero": zero, f"{name}_multiplier": multiplier, f"{name}_left": left, f"{name}_right": right}
