"""TRANSPOSE_CONV: the transposed convolution: every input pixel adds the filter, times its channels, to the output.

Inputs: the output's shape, filters [out, height, width, in], pictures [batch, height, width, in], bias. Seen from the
output it is a convolution with the filter turned around, over the input with gaps between its pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .common.layers import Layer
from .common.operator import Node, Operator, Shape, register
from .common.quantization_rules import QuantizationRule, WeightStorageRule
from .common.versions import Versions, names_bias_type, option
from .common.window import Axis, transposed_axis
from .linear.gemm import Gemm, patches
from .linear.layers import LinearLayer
from .linear.operands import check_types
from .linear.packing import check_weights
from .linear.pairs import CONVOLUTION

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class TransposeConv(Operator):
    """FLOAT32; UINT8 with one scale; INT8 with a scale for each filter or one; FLOAT32 x INT8, quantized on the way (hybrid)."""

    code = "TRANSPOSE_CONV"
    max_version = 5
    versions = Versions("1.9.0 2.2.0 2.3.0 2.13.0 2.15.0", other=(1, {"INT8": 2}))
    plain_types = "FLOAT32"
    data_input = 2
    layer = Layer(0, bias=3, spreads=True)
    options = "TransposeConvOptions"
    input_count = (3, 4)
    quantized = QuantizationRule(weights=1, bias=3, channels=0, data=2, adds_bias=False)
    stored_weights = WeightStorageRule((1,), channels=0)

    def version_needed(self, op: Op) -> int:
        activates = option(op, "fused_activation_function") not in (None, "NONE")
        biased = len(op.inputs) > 3 and op.inputs[3] is not None
        return max(super().version_needed(op), 4 if activates else 1, 3 if biased else 1, 5 if names_bias_type(op, data=2) else 1)

    def check_types(self, node: Node) -> None:
        check_types(node, CONVOLUTION, node.input(2), node.input(1), node.optional(3), node.outputs[0])

    def infer(self, node: Node) -> Sequence[Shape]:
        input, weights, shape = node.input(2), node.input(1), node.numbers(0)
        node.require(
            len(input.shape) == len(weights.shape) == len(shape) == 4,
            f"its input {input}, filter {weights} or output shape {shape} does not have 4 dimensions",
        )
        node.require(weights.shape[3] == input.shape[3], f"its filter {weights} and its input {input} differ in channels")
        node.require(
            min(shape) >= 0 and shape[0] == input.shape[0] and shape[3] == weights.shape[0],
            f"its output shape {shape} fits neither {input} nor {weights}",
        )
        self.windows(node, tuple(shape))
        return [tuple(shape)]

    def windows(self, node: Node, out: Shape) -> tuple[Axis, Axis]:
        """The windows of the equivalent convolution over the spread out input."""
        input, weights, options = node.input(2), node.input(1), node.options
        height, width = (
            transposed_axis(node, options.padding, input.shape[axis], weights.shape[axis], stride, 1, out[axis])
            for axis, stride in ((1, options.stride_h), (2, options.stride_w))
        )
        return height, width

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, filters, bias, output = node.input(2), node.input(1), node.optional(3), node.outputs[0]
        height, width = self.windows(node, output.shape)
        count, channels = filters.shape[0], filters.shape[3]
        spread = (1, node.options.stride_h, node.options.stride_w)
        shape = patches(input.shape[0], height, width, channels, channels, filters.dtype.itemsize, spread)
        weights = np.ascontiguousarray(check_weights(node, filters)[:, ::-1, ::-1]).reshape(1, count, -1)
        layer = LinearLayer(node, CONVOLUTION, input, filters, bias, output, count, activation=node.options.fused_activation_function)
        layer.build(plan, Gemm(shape, input, weights, output, ranges=input.shape[0]))
