"""DEPTHWISE_CONV_2D: each output channel sees one input channel; filters are [1, height, width, out]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .common.layers import Layer
from .common.operator import Node, Operator, Shape, register
from .common.quantization_rules import QuantizationRule, WeightStorageRule
from .common.versions import Versions, input_type, is_per_channel, option
from .common.window import Axis, axes
from .linear.depthwise import Depthwise
from .linear.gemm import Gemm, patches
from .linear.layers import Geometry, LinearLayer
from .linear.operands import check_types
from .linear.packing import check_weights
from .linear.pairs import CONVOLUTION

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class DepthwiseConv2D(Operator):
    """FLOAT32; UINT8 with one scale; INT8 with a scale for each channel or one; FLOAT32 x INT8, quantized on the way (hybrid).

    The option depth_multiplier only repeats what the shapes say and is not read.
    """

    code = "DEPTHWISE_CONV_2D"
    example = "i8 1x56x56x64 1x3x3x64 same relu6"
    max_version = 7
    versions = Versions(
        "1.5.0 1.12.0 1.14.0 2.2.0 2.3.0 2.3.0 2.11.0",
        weights={"INT16 INT16 INT16": 5, "INT8 INT8 INT8": 3, "INT8 INT4 INT8": 7, "FLOAT32 INT8 FLOAT32": 4},
    )  # fmt: skip
    plain_types = "FLOAT32"
    layer = Layer(3, factors=True, dilates=True)
    multiplies = True
    fuses_activation = True
    options = "DepthwiseConv2DOptions"
    input_count = (2, 3)
    quantized = QuantizationRule(weights=1, bias=2, channels=3)
    stored_weights = WeightStorageRule((1,), channels=3, each=True, first="stored")

    def version_needed(self, op: Op) -> int:
        dilated = (option(op, "dilation_w_factor"), option(op, "dilation_h_factor")) != (1, 1)
        hybrid = is_per_channel(op.inputs[1]) and input_type(op, 0) == "FLOAT32"
        return max(super().version_needed(op), 6 if hybrid else 2 if dilated else 1)

    def implied_options(self, op: Op) -> dict[str, Any]:
        shapes = [tensor.shape for tensor in op.inputs[:2] if tensor is not None]
        channels = [shape[3] for shape in shapes if len(shape) == 4]
        return {"depth_multiplier": channels[1] // channels[0]} if len(channels) == 2 and channels[0] else {}

    def check_types(self, node: Node) -> None:
        check_types(node, CONVOLUTION, node.input(0), node.input(1), node.optional(2), node.outputs[0])

    def windows(self, node: Node) -> tuple[Axis, Axis]:
        input, weights = node.input(0), node.input(1)
        node.require(len(input.shape) == 4, f"its input {input} does not have 4 dimensions")
        node.require(len(weights.shape) == 4 and weights.shape[0] == 1, f"its filter {weights} is not [1, height, width, channels]")
        node.require(
            input.shape[3] > 0 and weights.shape[3] % input.shape[3] == 0,
            f"the {weights.shape[3]} channels of {weights} are not a multiple of {input.shape[3]}, the input's",
        )
        return axes(node, node.options, input.shape[1], input.shape[2], weights.shape[1], weights.shape[2])

    def infer(self, node: Node) -> Sequence[Shape]:
        height, width = self.windows(node)
        return [(node.input(0).shape[0], height.out, width.out, node.input(1).shape[3])]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, filters, bias, output = node.input(0), node.input(1), node.optional(2), node.outputs[0]
        height, width = self.windows(node)
        channels = filters.shape[3]
        weights = check_weights(node, filters).reshape(-1, channels)
        layer = LinearLayer(
            node, CONVOLUTION, input, filters, bias, output, channels, dimension=3, activation=node.options.fused_activation_function
        )
        geometry: Geometry = Depthwise(input, weights, output, height, width)
        if input.shape[3] == 1 and input.type == filters.type:
            # One input channel that all filters see: an ordinary convolution.
            shape = patches(input.shape[0], height, width, 1, 1, input.dtype.itemsize)
            geometry = Gemm(shape, input, np.ascontiguousarray(weights.T)[None], output)
        layer.build(plan, geometry)
