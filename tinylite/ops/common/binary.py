"""Operators with two inputs that broadcast: arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ...arithmetic import Rule
from ...arithmetic.formulas import Stages
from ...quantization_math import FACTORS_END, multiplier_and_shifts
from .broadcasting import blocks, broadcast, loops
from .operator import Node, Operator, Shape
from .pairs import Pairs, pairs_step
from .quantization_params import activation_range, scale_and_zero

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["Binary", "common_scale", "product_scale"]


def common_scale(node: Node, left_shift: int = 20, power: int = 1) -> dict[str, int]:
    """Both inputs brought to twice the larger scale with `left_shift` spare bits, combined, and brought to the output's scale.

    `power` is how often the common scale enters the result. In double, from float scales, as LiteRT's Prepare does.
    """
    (x_scale, x_zero), (y_scale, y_zero) = scale_and_zero(node, node.input(0)), scale_and_zero(node, node.input(1))
    out_scale, out_zero = scale_and_zero(node, node.outputs[0])
    common = 2 * max(x_scale, y_scale)
    x, y = multiplier_and_shifts(x_scale / common), multiplier_and_shifts(y_scale / common)
    factor = common**power / ((1 << left_shift * power) * out_scale)
    # Sums have no bits left to be shifted by.
    node.require(factor < FACTORS_END, f"its scales make a factor of {factor:.3g}, which is too large for fixed point")
    out = multiplier_and_shifts(factor)
    return {
        "x_zero": x_zero, "y_zero": y_zero, "out_zero": out_zero, "x_multiplier": x[0], "x_right": x[2], "y_multiplier": y[0],
        "y_right": y[2], "out_multiplier": out[0], "out_left": out[1], "out_right": out[2],
    }  # fmt: skip


def product_scale(node: Node, factor: float) -> dict[str, int]:
    """Inputs less their zero points, combined, times `factor`, which carries whatever rounding LiteRT gave it."""
    out = multiplier_and_shifts(factor)
    return {
        "x_zero": scale_and_zero(node, node.input(0))[1], "y_zero": scale_and_zero(node, node.input(1))[1],
        "out_zero": scale_and_zero(node, node.outputs[0])[1], "x_multiplier": 0, "x_right": 0, "y_multiplier": 0, "y_right": 0,
        "out_multiplier": out[0], "out_left": out[1], "out_right": out[2],
    }  # fmt: skip


# What a rule that is not proven for all shapes is proven for, by the sizes of both inputs and of the output.
_SHAPES: dict[str, Callable[[int, int, int], bool]] = {
    "operands of one shape": lambda x, y, output: x == y == output,
    "operands of one shape, or a single number,": lambda x, y, output: x == y == output or 1 in (x, y),
}


class Binary(Operator):
    """The kernels, one for each type, are in kernels/binary.py under the operator's code, unless `kernels` names others."""

    input_count = (2, 2)
    elementwise = True
    activates: ClassVar[bool] = True  # whether the options may fuse an activation
    scaled: ClassVar[tuple[str, ...]] = ("UINT8", "INT8")  # types whose scales count
    refusal: ClassVar[str] = "it divides by zero"  # what is wrong with numbers that a kernel refuses

    def kernels(self) -> dict[str, Any]:
        from ...kernels.binary import BINARY

        return dict(BINARY[self.code])

    def rescaling(self, node: Node) -> dict[str, Any]:
        """The record's fields that bring quantized inputs to the output."""
        raise NotImplementedError

    def check_types(self, node: Node) -> None:
        x, y, output = node.input(0), node.input(1), node.outputs[0]
        if x.type not in self.kernels():
            node.unsupported(f"there is no kernel for input {x}; there are: {', '.join(self.kernels())}")
        node.require(
            x.type == y.type == output.type, f"its inputs {x} and {y} and its output {output.name!r} ({output.type}) do not share a type"
        )

    def stages(self, node: Node, method: str) -> Stages | None:
        """What an arithmetic's method computes of all pairs of 8-bit numbers; None where it leaves the op to another kernel."""
        return None

    def pairs(self, node: Node, rule: Rule) -> Pairs | None:
        """The results of all pairs by an arithmetic's rule; None where they are those of the reference kernels."""
        stages = self.stages(node, rule.method)
        return None if stages is None else Pairs(stages, rule.limits)

    def infer(self, node: Node) -> Sequence[Shape]:
        return [broadcast(node, node.input(0).shape, node.input(1).shape)]

    def fields(self, node: Node) -> dict[str, Any]:
        """What the kernel's record wants besides operands and loops."""
        output = node.outputs[0]
        low, high = activation_range(node, node.options.fused_activation_function if self.activates else "NONE", output)
        if output.type in self.scaled:
            return {**self.rescaling(node), "low": low, "high": high}
        return {"low": low, "high": high} if self.activates else {}

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ...kernels.binary import MAX_OUTER

        x, y, output = node.input(0), node.input(1), node.outputs[0]
        rule = self.rule(node, plan.arithmetic)
        if rule.where and not _SHAPES[rule.where](x.size, y.size, output.size):
            plan.arithmetic.refuse(self.code, output.type, rule.where)
        pairs = self.pairs(node, rule) if rule.method else None
        if pairs is not None:
            pairs_step(node, plan, pairs, node.options.fused_activation_function if self.activates else "NONE")
            return
        walk = loops(node, (x.shape, y.shape), output.shape, MAX_OUTER)
        plan.step(
            self.kernels()[x.type], **blocks(walk), scratch=256, failures={1: self.refusal}, x=x, y=y, out=output, **walk,
            **self.fields(node),
        )  # fmt: skip
