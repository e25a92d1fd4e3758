"""Pooling operators: a window slides over [batch, height, width, channels]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ...arithmetic import Arithmetic
from .operator import Node, Operator, Shape
from .quantization_params import activation_range
from .quantization_rules import PICKS, QuantizationRule
from .window import Axis, axes

if TYPE_CHECKING:
    from ...kernels.kernel import Kernel
    from .plan_context import PlanContext

__all__ = ["Pooling"]


class Pooling(Operator):
    """Input and output share a type and, if quantized, should share scale and zero point: LiteRT does not rescale."""

    options = "Pool2DOptions"
    types: ClassVar[tuple[str, ...]] = ("FLOAT32", "UINT8", "INT8")
    quantized: ClassVar[QuantizationRule | None] = PICKS

    def kernels(self) -> dict[str, Kernel]:
        """The kernel for each type."""
        raise NotImplementedError

    def check_types(self, node: Node) -> None:
        input, output = node.input(0), node.outputs[0]
        if input.type not in self.types:
            node.unsupported(f"there is no kernel for input {input}; there are: {', '.join(self.types)}")
        node.require(output.type == input.type, f"its output {output} is not {input.type}, as its input is")

    def windows(self, node: Node) -> tuple[Axis, Axis]:
        input = node.input(0)
        node.require(len(input.shape) == 4, f"its input {input} does not have 4 dimensions")
        options = node.options
        return axes(node, options, input.shape[1], input.shape[2], options.filter_height, options.filter_width)

    def infer(self, node: Node) -> Sequence[Shape]:
        height, width = self.windows(node)
        return [(node.input(0).shape[0], height.out, width.out, node.input(0).shape[3])]

    def limits(self, node: Node, arithmetic: Arithmetic) -> tuple[Any, Any]:
        """What the fused activation clamps the output to."""
        output, (height, width) = node.outputs[0], self.windows(node)
        # XNNPACK takes no window that is smaller than the stride.
        whole = height.stride <= height.filter and width.stride <= width.filter
        limits = self.rule(node, arithmetic).limits if whole else ""
        return activation_range(node, node.options.fused_activation_function, output, limits=limits)

    def operations(self, node: Node) -> int:
        return node.outputs[0].size * node.options.filter_height * node.options.filter_width

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, output = node.input(0), node.outputs[0]
        height, width = self.windows(node)
        low, high = self.limits(node, plan.arithmetic)
        channels = input.shape[3]
        plan.step(
            self.kernels()[input.type], work=input.shape[0] * height.out * width.out if channels else 0,
            cost=channels * height.filter * width.filter // 4 + 10, scratch=channels * 4, input=input, output=output, low=low,
            high=high, in_h=height.size, in_w=width.size, out_h=height.out, out_w=width.out, filter_h=height.filter,
            filter_w=width.filter, stride_h=height.stride, stride_w=width.stride, pad_top=height.before, pad_left=width.before,
            channels=channels,
        )  # fmt: skip
