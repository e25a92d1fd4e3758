"""CONV_3D_TRANSPOSE: the transposed convolution of volumes: every input element adds the filter, times its channels, to the output.

Inputs: the output's shape, filters [depth, height, width, out, in], volumes [batch, depth, height, width, in], bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .common.layers import Layer
from .common.operator import Node, Operator, Shape, register
from .common.versions import Versions
from .common.window import Axis, transposed_axis
from .linear.gemm import Gemm, patches
from .linear.layers import LinearLayer
from .linear.operands import check_types
from .linear.packing import check_weights
from .linear.pairs import FLOAT

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class Conv3DTranspose(Operator):
    """FLOAT32."""

    code = "CONV_3D_TRANSPOSE"
    max_version = 1
    versions = Versions("2.6.0")
    plain_types = "FLOAT32"
    data_input = 2
    layer = Layer(3, bias=3, spreads=True)
    fuses_activation = True
    options = "Conv3DOptions"
    input_count = (3, 4)

    def check_types(self, node: Node) -> None:
        check_types(node, FLOAT, node.input(2), node.input(1), node.optional(3), node.outputs[0])

    def infer(self, node: Node) -> Sequence[Shape]:
        input, filters, shape = node.input(2), node.input(1), node.numbers(0)
        node.require(
            len(input.shape) == len(filters.shape) == len(shape) == 5,
            f"its input {input}, filter {filters} or output shape {shape} does not have 5 dimensions",
        )
        node.require(filters.shape[4] == input.shape[4], f"its filter {filters} and its input {input} differ in channels")
        node.require(
            min(shape) >= 0 and shape[0] == input.shape[0] and shape[4] == filters.shape[3],
            f"its output shape {shape} fits neither {input} nor {filters}",
        )
        self.windows(node, tuple(shape))
        return [tuple(shape)]

    def windows(self, node: Node, out: Shape) -> tuple[Axis, Axis, Axis]:
        """Along depth, height and width, of the equivalent convolution over the spread out input."""
        input, filters, options = node.input(2), node.input(1), node.options
        steps = [(getattr(options, f"stride_{name}"), getattr(options, f"dilation_{name}_factor")) for name in "dhw"]
        depth, height, width = (
            transposed_axis(node, options.padding, input.shape[1 + i], filters.shape[i], stride, dilation, out[1 + i])
            for i, (stride, dilation) in enumerate(steps)
        )
        return depth, height, width

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, filters, bias, output = node.input(2), node.input(1), node.optional(3), node.outputs[0]
        depth, height, width = self.windows(node, output.shape)
        count, channels = filters.shape[3:]
        spread = (node.options.stride_d, node.options.stride_h, node.options.stride_w)
        shape = patches(input.shape[0], height, width, channels, channels, 4, spread, depth)
        turned = check_weights(node, filters)[::-1, ::-1, ::-1]
        weights = np.moveaxis(turned, 3, 0).reshape(1, count, -1)
        layer = LinearLayer(node, FLOAT, input, filters, bias, output, count, activation=node.options.fused_activation_function)
        layer.build(plan, Gemm(shape, input, weights, output))
