"""CONV_2D: convolution of pictures [batch, height, width, channels] with filters [out, height, width, channels / groups]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .common.layers import Layer
from .common.operator import Node, Operator, Shape, register
from .common.quantization_rules import QuantizationRule, WeightStorageRule
from .common.versions import Versions, input_type, is_per_channel, names_bias_type
from .common.window import Axis, axes
from .linear.gemm import Gemm, patches
from .linear.layers import LinearLayer
from .linear.operands import check_types
from .linear.packing import filter_rows
from .linear.pairs import CONVOLUTION

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class Conv2D(Operator):
    """FLOAT32; UINT8 with one scale; INT8 with a scale for each filter or one; FLOAT32 x INT8, quantized on the way (hybrid)."""

    code = "CONV_2D"
    example = "i8 1x56x56x64 64x3x3x64 s2 same relu6"
    max_version = 8
    versions = Versions(
        "1.5.0 1.14.0 1.14.0 2.3.0 2.4.0 2.9.0 2.11.0 2.15.0",
        weights={"INT16 INT16 INT16": 4, "INT8 INT8 INT8": 3, "INT8 INT4 INT8": 7, "FLOAT32 INT8 FLOAT32": 2},
    )  # fmt: skip
    plain_types = "FLOAT32"
    layer = Layer(0, factors=True, dilates=True)
    multiplies = True
    fuses_activation = True
    options = "Conv2DOptions"
    input_count = (2, 3)
    quantized = QuantizationRule(weights=1, bias=2, channels=0, in_16_bits=True)
    stored_weights = WeightStorageRule((1,), channels=0, first="kernel")

    def version_needed(self, op: Op) -> int:
        x, weights = op.inputs[0], op.inputs[1]
        grouped = x is not None and weights is not None and len(x.shape) == len(weights.shape) == 4 and x.shape[3] != weights.shape[3]
        hybrid = is_per_channel(weights) and input_type(op, 0) == "FLOAT32"
        return max(super().version_needed(op), 6 if grouped else 1, 5 if hybrid else 1, 8 if names_bias_type(op) else 1)

    def weights_of(self, op: Op) -> WeightStorageRule | None:
        """LiteRT's kernel for groups reads a scale for each filter."""
        x, weights = op.inputs[:2]
        groups = x is not None and weights is not None and x.shape[3:] != weights.shape[3:]
        return replace(self.stored_weights, each=True) if groups else self.stored_weights

    def check_types(self, node: Node) -> None:
        check_types(node, CONVOLUTION, node.input(0), node.input(1), node.optional(2), node.outputs[0])

    def windows(self, node: Node) -> tuple[Axis, Axis]:
        input, weights = node.input(0), node.input(1)
        node.require(len(input.shape) == 4, f"its input {input} does not have 4 dimensions")
        node.require(len(weights.shape) == 4, f"its filter {weights} does not have 4 dimensions")
        channels, group_channels = input.shape[3], weights.shape[3]
        node.require(
            group_channels > 0 and channels % group_channels == 0,
            f"the {channels} channels of {input} are not a multiple of {group_channels}, the filter's",
        )
        groups = channels // group_channels
        node.require(
            groups > 0 and weights.shape[0] % groups == 0, f"{weights.shape[0]} filters cannot be shared by {groups} groups of channels"
        )
        return axes(node, node.options, input.shape[1], input.shape[2], weights.shape[1], weights.shape[2])

    def infer(self, node: Node) -> Sequence[Shape]:
        height, width = self.windows(node)
        return [(node.input(0).shape[0], height.out, width.out, node.input(1).shape[0])]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, filters, bias, output = node.input(0), node.input(1), node.optional(2), node.outputs[0]
        height, width = self.windows(node)
        count, _, _, group_channels = filters.shape
        shape = patches(input.shape[0], height, width, input.shape[3], group_channels, filters.dtype.itemsize)
        weights = filter_rows(filters, shape.groups)
        layer = LinearLayer(node, CONVOLUTION, input, filters, bias, output, count, activation=node.options.fused_activation_function)
        # LiteRT's two hybrid kernels: the per-channel one quantizes the input with a zero point, the other without.
        layer.build(plan, Gemm(
            shape, input, weights if filters.type == "FLOAT32" else weights.constant(node), output, ranges=input.shape[0],
            asymmetric=lambda scales: bool((scales != scales[0]).any()) or shape.groups > 1,
        ))  # fmt: skip
