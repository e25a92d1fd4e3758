"""CONV_3D: convolution of volumes [batch, depth, height, width, in] with filters [depth, height, width, in, out]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.layers import Layer
from .common.operator import Node, Operator, Shape, register
from .common.versions import Versions
from .common.window import Axis, axis
from .linear.gemm import Gemm, patches
from .linear.layers import LinearLayer
from .linear.operands import check_types
from .linear.packing import Matrices
from .linear.pairs import FLOAT

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class Conv3D(Operator):
    """FLOAT32."""

    code = "CONV_3D"
    example = "f32 1x8x8x8x4 3x3x3x4x8 same"
    max_version = 1
    versions = Versions("2.5.0")
    plain_types = "FLOAT32"
    layer = Layer(4)
    multiplies = True
    fuses_activation = True
    options = "Conv3DOptions"
    input_count = (2, 3)

    def check_types(self, node: Node) -> None:
        check_types(node, FLOAT, node.input(0), node.input(1), node.optional(2), node.outputs[0])

    def windows(self, node: Node) -> tuple[Axis, Axis, Axis]:
        """Along depth, height and width."""
        input, filters, options = node.input(0), node.input(1), node.options
        node.require(len(input.shape) == 5, f"its input {input} does not have 5 dimensions")
        node.require(len(filters.shape) == 5, f"its filter {filters} does not have 5 dimensions")
        node.require(input.shape[4] == filters.shape[3], f"its filter {filters} and its input {input} differ in channels")
        steps = [(getattr(options, f"stride_{name}"), getattr(options, f"dilation_{name}_factor")) for name in "dhw"]
        depth, height, width = (
            axis(node, options.padding, input.shape[1 + i], filters.shape[i], stride, dilation)
            for i, (stride, dilation) in enumerate(steps)
        )
        return depth, height, width

    def infer(self, node: Node) -> Sequence[Shape]:
        windows = self.windows(node)
        return [(node.input(0).shape[0], *(window.out for window in windows), node.input(1).shape[4])]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, filters, bias, output = node.input(0), node.input(1), node.optional(2), node.outputs[0]
        depth, height, width = self.windows(node)
        channels, count = filters.shape[3:]
        shape = patches(input.shape[0], height, width, channels, channels, 4, depth=depth)
        # A filter's values lie `count` apart.
        weights = Matrices(filters, 1, count, shape.depth, 1, count)
        layer = LinearLayer(node, FLOAT, input, filters, bias, output, count, activation=node.options.fused_activation_function)
        layer.build(plan, Gemm(shape, input, weights, output))
