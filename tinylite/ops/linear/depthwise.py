"""Depthwise convolutions: packing and steps of kernels/dwconv.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..common.operator import Value
from ..common.window import Axis
from .gemm import quantize_batches
from .packing import padded
from .requantizing import Requantization, factor_words

if TYPE_CHECKING:
    from ..common.plan_context import PlanContext

__all__ = ["Depthwise"]


class Depthwise:
    """The geometry, for layers.py, of a layer each of whose channels sees one channel of the input. Weights [taps, channels]."""

    computes_bias = False

    def __init__(self, input: Value, weights: np.ndarray, output: Value, height: Axis, width: Axis) -> None:
        from ...kernels.dwconv import LANES

        channels = weights.shape[1]
        self.input, self.weights, self.output, self.height, self.width, self.channels = input, weights, output, height, width, channels
        self.lanes = LANES
        self.blocks = -(-channels // LANES)
        self.square = height.filter if height.filter == width.filter else 0
        self.multiplier = channels // input.shape[3]

    def pack(self, plan: PlanContext, header: Callable[[slice], np.ndarray], rows: np.ndarray) -> np.ndarray:
        """Blocks [blocks, words, lanes] of the words before a block's weights, and of its weights in 4-byte rows [n, channels].

        The last block ends with the last channel.
        """
        starts = [max(min(block * self.lanes, self.channels - self.lanes), 0) for block in range(self.blocks)]
        heads = [header(slice(start, min(start + self.lanes, self.channels))).view(np.int32).reshape(-1, self.lanes) for start in starts]
        packed = plan.array((self.blocks, len(heads[0]) + len(rows), self.lanes), np.int32)
        packed[:, : len(heads[0])] = heads
        # Lanes without their own channel repeat the last one.
        channels = np.minimum(np.array(starts)[:, None] + np.arange(self.lanes), self.channels - 1)
        packed[:, len(heads[0]) :] = rows.view(np.int32)[:, channels].transpose(1, 0, 2)
        return packed

    def step(
        self, plan: PlanContext, kernel: Any, weights: np.ndarray, element: int, pad_values: Any, pad_value_step: int, **fields: Any
    ) -> None:
        from ...kernels.dwconv import SPARE, lines_size

        height, width = self.height, self.width
        # What a window reaches on the right may be less than the padding says, or more.
        reach = (width.out - 1) * width.stride + (width.filter - 1) * width.dilation + 1
        right = max(reach - width.before - width.size, 0)
        line = (width.before + width.size + right) * self.channels * element + 64
        scratch = lines_size.function(height.filter) + SPARE + height.filter * line
        plan.step(
            kernel, work=self.input.shape[0] * height.out, cost=width.out * self.channels * height.filter * width.filter // 4,
            scratch=scratch, **{"input": self.input, **fields}, weights=weights, output=self.output,
            in_h=height.size, in_w=width.size, out_h=height.out, out_w=width.out, filter_h=height.filter, filter_w=width.filter,
            stride_h=height.stride, stride_w=width.stride, dilation_h=height.dilation, dilation_w=width.dilation,
            pad_top=height.before, pad_left=width.before, pad_right=right, channels=self.channels, multiplier=self.multiplier,
            element=element, pad_values=pad_values, pad_value_step=pad_value_step, blocks=self.blocks,
        )  # fmt: skip

    def f32(self, plan: PlanContext, bias: np.ndarray | Value | None, low: float, high: float) -> None:
        from ...kernels.dwconv import f32_dwconv, f32_dwconvs

        assert isinstance(bias, np.ndarray)
        offsets = bias
        kernel = f32_dwconvs.get((self.square, plan.arithmetic.floats), f32_dwconv)
        packed = self.pack(plan, lambda part: padded(offsets[part], self.lanes, np.float32), self.weights)
        self.step(plan, kernel, packed, 4, plan.constant([0], np.int32), 0, low=low, high=high)

    def q8(self, plan: PlanContext, input_zero: int, weights_zero: int, bias: np.ndarray, how: Requantization) -> None:
        from ...kernels.dwconv import GROUPED, q8_dwconvs, square_vectors

        signed = self.weights.dtype == np.int8
        wide = self.weights.astype(np.int32) - weights_zero
        seen_zero = input_zero + 128 if signed else input_zero
        bias = (bias.astype(np.int64) - seen_zero * wide.sum(axis=0, dtype=np.int64)).astype(np.int32)
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
            plan, q8_dwconvs[size, how.method], self.pack(plan, header, words), 1, plan.constant([input_zero], np.int32), 0,
            sign_xor=-0x7F7F7F80 if signed else 0, output_zero=how.zero, low=how.low, high=how.high,
        )  # fmt: skip

    def hybrid(self, plan: PlanContext, scales: np.ndarray, bias: np.ndarray, low: float, high: float) -> None:
        from ...kernels.dwconv import q8_dwconv_hybrid

        values, batch_scales, batch_zeros = quantize_batches(plan, self.input, self.input.shape[0], True)
        wide = self.weights.astype(np.int32)
        sums = wide.sum(axis=0, dtype=np.int32)

        def header(part: slice) -> np.ndarray:
            floats = [padded(row[part], self.lanes, np.float32).view(np.int32) for row in (bias, scales)]
            return np.concatenate([padded(-sums[part], self.lanes, np.int32), *floats, np.zeros(self.lanes, np.int32)])

        self.step(
            plan, q8_dwconv_hybrid, self.pack(plan, header, wide), 1, batch_zeros, 1, input=values, sign_xor=-0x7F7F7F80,
            batch_scales=batch_scales, batch_zeros=batch_zeros, low=low, high=high,
        )  # fmt: skip
