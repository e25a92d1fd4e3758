"""DEPTHWISE_CONV_2D: each output channel sees one input channel; filters are [1, height, width, out]."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .common.convolution import bias_values, channel_factors, check_types, filter_scales, requantization
from .common.gemm import f32_gemm, patches, q8_gemm, quantize_batches
from .common.layers import Layer
from .common.operator import Node, Operator, Shape, Value, register
from .common.packing import check_weights, padded
from .common.quantized import activation_range, scale_and_zero
from .common.quantizing import Quantized, StoredWeights
from .common.requantizing import factor_words
from .common.versions import Versions, input_type, is_per_channel, option
from .common.window import Axis, axes

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class DepthwiseConv2D(Operator):
    """FLOAT32; UINT8 with one scale; INT8 with a scale for each channel or one; FLOAT32 x INT8, quantized on the way (hybrid).

    The option depth_multiplier only repeats what the shapes say and is not read.
    """

    code = "DEPTHWISE_CONV_2D"
    max_version = 7
    versions = Versions(
        "1.5.0 1.12.0 1.14.0 2.2.0 2.3.0 2.3.0 2.11.0",
        weights={"INT16 INT16 INT16": 5, "INT8 INT8 INT8": 3, "INT8 INT4 INT8": 7, "FLOAT32 INT8 FLOAT32": 4},
    )  # fmt: skip
    plain_types = "FLOAT32"
    layer = Layer(3, factors=True, dilates=True)
    fuses_activation = True
    options = "DepthwiseConv2DOptions"
    input_count = (2, 3)
    quantized = Quantized(weights=1, bias=2, channels=3)
    stored_weights = StoredWeights((1,), channels=3, each=True, first="stored")

    def version_needed(self, op: Op) -> int:
        dilated = (option(op, "dilation_w_factor"), option(op, "dilation_h_factor")) != (1, 1)
        hybrid = is_per_channel(op.inputs[1]) and input_type(op, 0) == "FLOAT32"
        return max(super().version_needed(op), 6 if hybrid else 2 if dilated else 1)

    def check_types(self, node: Node) -> None:
        check_types(node, node.input(0), node.input(1), node.optional(2), node.outputs[0])

    def windows(self, node: Node) -> tuple[Axis, Axis]:
        input, weights = node.input(0), node.input(1)
        node.require(len(input.shape) == 4, f"its input {input} does not have 4 dimensions")
        node.require(len(weights.shape) == 4 and weights.shape[0] == 1, f"its filter {weights} is not [1, height, width, channels]")
        node.require(
            input.shape[3] > 0 and weights.shape[3] % input.shape[3] == 0,
            f"the {weights.shape[3]} channels of {weights} are no multiple of {input.shape[3]}, the input's",
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
        offsets = bias_values(node, bias, channels)
        activation = node.options.fused_activation_function
        hybrid = input.type == "FLOAT32" and filters.type == "INT8"
        if input.shape[3] == 1 and not hybrid:
            # One input channel that all filters see: an ordinary convolution.
            shape = patches(input.shape[0], height, width, 1, 1, input.dtype.itemsize)
            matrix = np.ascontiguousarray(weights.T)[None]
            if input.type == "FLOAT32":
                f32_gemm(plan, shape, input, matrix, offsets, output, *activation_range(node, activation, output))
                return
            scales, zero = filter_scales(node, filters, channels, 3)
            how = requantization(node, channel_factors(node, input, scales, bias, output), output, activation)
            q8_gemm(plan, shape, input, scale_and_zero(node, input)[1], matrix, zero, offsets.astype(np.int32), output, how)
            return
        step = _Depthwise(plan, input, output, height, width, channels)
        if filters.type == "FLOAT32":
            step.f32(weights, offsets, *activation_range(node, activation, output))
        elif hybrid:
            scales, _ = filter_scales(node, filters, channels, 3)
            step.hybrid(weights, scales, offsets, *activation_range(node, activation, output))
        else:
            scales, zero = filter_scales(node, filters, channels, 3)
            how = requantization(node, channel_factors(node, input, scales, bias, output), output, activation)
            step.q8(weights, zero, offsets.astype(np.int64), scale_and_zero(node, input)[1], how)


class _Depthwise:
    """Packing and the step of one depthwise convolution."""

    def __init__(self, plan: PlanContext, input: Value, output: Value, height: Axis, width: Axis, channels: int) -> None:
        from ..kernels.dwconv import LANES

        self.plan, self.input, self.output, self.height, self.width, self.channels = plan, input, output, height, width, channels
        self.lanes = LANES
        self.blocks = -(-channels // LANES)
        self.square = height.filter if height.filter == width.filter else 0
        self.multiplier = channels // input.shape[3]

    def pack(self, header: Callable[[slice], np.ndarray], rows: np.ndarray) -> np.ndarray:
        """Blocks [blocks, words, lanes] of the words before a block's weights, and of its weights in 4-byte rows [n, channels].

        The last block ends with the last channel.
        """
        starts = [max(min(block * self.lanes, self.channels - self.lanes), 0) for block in range(self.blocks)]
        chosen = [slice(start, min(start + self.lanes, self.channels)) for start in starts]
        heads = [header(part).view(np.int32).reshape(-1, self.lanes) for part in chosen]
        packed = self.plan.array((self.blocks, len(heads[0]) + len(rows), self.lanes), np.int32)
        for block, head, part in zip(packed, heads, chosen, strict=True):
            block[: len(head)] = head
            block[len(head) :, : part.stop - part.start] = rows[:, part].view(np.int32)
        return packed

    def step(self, kernel: Any, weights: np.ndarray, element: int, fills: Any, fill_step: int, **fields: Any) -> None:
        from ..kernels.dwconv import SPARE, lines_size

        height, width = self.height, self.width
        # What a window reaches on the right may be less than the padding says, or more.
        reach = (width.out - 1) * width.stride + (width.filter - 1) * width.dilation + 1
        right = max(reach - width.before - width.size, 0)
        line = (width.before + width.size + right) * self.channels * element + 64
        scratch = lines_size.function(height.filter) + SPARE + height.filter * line
        self.plan.step(
            kernel, work=self.input.shape[0] * height.out, cost=width.out * self.channels * height.filter * width.filter // 4,
            scratch=scratch, **{"input": self.input, **fields}, weights=weights, output=self.output,
            in_h=height.size, in_w=width.size, out_h=height.out, out_w=width.out, filter_h=height.filter, filter_w=width.filter,
            stride_h=height.stride, stride_w=width.stride, dilation_h=height.dilation, dilation_w=width.dilation,
            pad_top=height.before, pad_left=width.before, pad_right=right, channels=self.channels, multiplier=self.multiplier,
            element=element, fills=fills, fill_step=fill_step, blocks=self.blocks,
        )  # fmt: skip

    def f32(self, weights: np.ndarray, bias: np.ndarray, low: float, high: float) -> None:
        from ..kernels.dwconv import f32_dwconv, f32_dwconvs

        weights = weights.astype(np.float32)
        method = "separate" if self.plan.exact else "fused"
        kernel = f32_dwconvs.get((self.square, method), f32_dwconv)
        packed = self.pack(lambda part: padded(bias[part], self.lanes, np.float32), weights)
        self.step(kernel, packed, 4, self.plan.constant([0], np.int32), 0, low=low, high=high)

    def q8(self, weights: np.ndarray, zero: int, bias: np.ndarray, input_zero: int, how: Any) -> None:
        from ..kernels.dwconv import GROUPED, q8_dwconvs, square_vectors

        signed = weights.dtype == np.int8
        wide = weights.astype(np.int32) - zero
        seen_zero = input_zero + 128 if signed else input_zero
        bias = (bias - seen_zero * wide.sum(axis=0, dtype=np.int64)).astype(np.int32)
        words_of_factors = factor_words(how)

        def header(chosen: slice) -> np.ndarray:
            return np.concatenate([padded(bias[chosen], self.lanes, np.int32), words_of_factors(chosen, self.lanes)])

        size = self.square if (self.square, how.method) in q8_dwconvs else 0
        words = wide
        if size and GROUPED:
            if wide.min() < -128 or wide.max() > 127:
                size = 0  # with their zero point taken off, the weights need nine bits
            else:
                groups = np.zeros((square_vectors(size) * 4, self.channels), np.int8)
                groups[: len(wide)] = wide
                words = np.ascontiguousarray(groups.reshape(-1, 4, self.channels).transpose(0, 2, 1)).view(np.int32)[:, :, 0]
        self.step(
            q8_dwconvs[size, how.method], self.pack(header, words), 1, self.plan.constant([input_zero], np.int32), 0,
            flip=-0x7F7F7F80 if signed else 0, output_zero=how.zero, low=how.low, high=how.high,
        )  # fmt: skip

    def hybrid(self, weights: np.ndarray, scales: np.ndarray, bias: np.ndarray, low: float, high: float) -> None:
        from ..kernels.dwconv import q8_dwconv_hybrid

        values, batch_scales, batch_zeros = quantize_batches(self.plan, self.input, self.input.shape[0], True)
        wide = weights.astype(np.int32)
        sums = wide.sum(axis=0, dtype=np.int32)

        def header(part: slice) -> np.ndarray:
            floats = [padded(row[part], self.lanes, np.float32).view(np.int32) for row in (bias, scales)]
            return np.concatenate([padded(-sums[part], self.lanes, np.int32), *floats, np.zeros(self.lanes, np.int32)])

        self.step(
            q8_dwconv_hybrid, self.pack(header, wide), 1, batch_zeros, 1, input=values, flip=-0x7F7F7F80,
            batch_scales=batch_scales, batch_zeros=batch_zeros, low=low, high=high,
        )  # fmt: skip
