"""CONV_3D_TRANSPOSE: the transposed convolution of volumes: every input element adds the filter, times its channels, to the output.

Inputs: the output's shape, filters [depth, height, width, out, in], volumes [batch, depth, height, width, in], bias.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .common.layers import Layer
from .common.operator import Node, register
from .common.versions import Versions
from .linear.gemm import Gemm, patches
from .linear.layers import LinearLayer
from .linear.operands import check_types
from .linear.packing import check_weights
from .linear.pairs import FLOAT
from .linear.transposed import TransposedConvolution

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class Conv3DTranspose(TransposedConvolution):
    """FLOAT32."""

    code = "CONV_3D_TRANSPOSE"
    example = "f32 [1,8,8,8,4] 2x2x2x4x8 1x4x4x4x8 s2 same"
    max_version = 1
    versions = Versions("2.6.0")
    plain_types = "FLOAT32"
    layer = Layer(3, bias=3, spreads=True)
    multiplies = True
    fuses_activation = True
    options = "Conv3DOptions"
    space = "dhw"

    def check_types(self, node: Node) -> None:
        check_types(node, FLOAT, node.input(2), node.input(1), node.optional(3), node.outputs[0])

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, filters, bias, output = node.input(2), node.input(1), node.optional(3), node.outputs[0]
        depth, height, width = self.windows(node, output.shape)
        count, channels = filters.shape[3:]
        stride_d, stride_h, stride_w = self.strides(node)
        shape = patches(input.shape[0], height, width, channels, channels, 4, (stride_d, stride_h, stride_w), depth)
        turned = check_weights(node, filters)[::-1, ::-1, ::-1]
        weights = np.moveaxis(turned, 3, 0).reshape(1, count, -1)
        layer = LinearLayer(node, FLOAT, input, filters, bias, output, count, activation=node.options.fused_activation_function)
        layer.build(plan, Gemm(shape, input, weights, output))
