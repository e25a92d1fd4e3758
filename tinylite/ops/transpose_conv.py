"""TRANSPOSE_CONV: the transposed convolution: every input pixel adds the filter, times its channels, to the output.

Inputs: the output's shape, filters [out, height, width, in], pictures [batch, height, width, in], bias. Seen from the
output it is a convolution with the filter turned around, over the input with gaps between its pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .common.layers import Layer
from .common.operator import Node, register
from .common.quantization_rules import QuantizationRule, WeightStorageRule
from .common.versions import Versions, names_bias_type, option
from .linear.gemm import Gemm, patches
from .linear.layers import LinearLayer
from .linear.operands import check_types
from .linear.packing import check_weights
from .linear.pairs import CONVOLUTION
from .linear.transposed import TransposedConvolution

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class TransposeConv(TransposedConvolution):
    """FLOAT32; UINT8 with one scale; INT8 with a scale for each filter or one; FLOAT32 x INT8, quantized on the way (hybrid)."""

    code = "TRANSPOSE_CONV"
    example = "i8 [1,16,16,8] 8x3x3x16 1x8x8x16 s2 same nobias"
    max_version = 5
    versions = Versions("1.9.0 2.2.0 2.3.0 2.13.0 2.15.0", other=(1, {"INT8": 2}))
    plain_types = "FLOAT32"
    layer = Layer(0, bias=3, spreads=True)
    multiplies = True
    options = "TransposeConvOptions"
    space = "hw"
    quantized = QuantizationRule(weights=1, bias=3, channels=0, data=2, adds_bias=False)
    stored_weights = WeightStorageRule((1,), channels=0)

    def version_needed(self, op: Op) -> int:
        activates = option(op, "fused_activation_function") not in (None, "NONE")
        biased = len(op.inputs) > 3 and op.inputs[3] is not None
        return max(super().version_needed(op), 4 if activates else 1, 3 if biased else 1, 5 if names_bias_type(op, data=2) else 1)

    def check_types(self, node: Node) -> None:
        check_types(node, CONVOLUTION, node.input(2), node.input(1), node.optional(3), node.outputs[0])

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, filters, bias, output = node.input(2), node.input(1), node.optional(3), node.outputs[0]
        height, width = self.windows(node, output.shape)
        count, channels = self.filters(node), filters.shape[3]
        stride_h, stride_w = self.strides(node)
        shape = patches(input.shape[0], height, width, channels, channels, filters.dtype.itemsize, (1, stride_h, stride_w))
        weights = np.ascontiguousarray(check_weights(node, filters)[:, ::-1, ::-1]).reshape(1, count, -1)
        layer = LinearLayer(node, CONVOLUTION, input, filters, bias, output, count, activation=node.options.fused_activation_function)
        layer.build(plan, Gemm(shape, input, weights, output, ranges=input.shape[0]))
