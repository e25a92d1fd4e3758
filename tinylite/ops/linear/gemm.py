"""Convolution and fully connected layers as matrix products: the steps that run them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..common.operator import Value
from ..common.window import Axis
from .packing import Header, Matrices, Packed, pack_f32, pack_q8, pack_words, padded
from .requantizing import Requantization, factor_words

if TYPE_CHECKING:
    from ...kernels.gemm import Variant
    from ..common.plan_context import PlanContext

__all__ = ["Batches", "Gemm", "Patches", "dense", "f32_gemm", "hybrid_gemm", "patches", "q8_gemm", "quantize_batches"]

# Bytes of rows that a block holds: they should stay near the core while all panels of weights pass by.
_BLOCK_BYTES = {True: 1 << 18, False: 1 << 17}  # read in place, gathered
_MIN_BLOCK_ROWS = 24


class Patches(NamedTuple):
    """The rows of the left matrix: what the filter sees at each output pixel, or plain rows of values.

    `depth` values of `element` bytes each; `whole` if a row lies in the input as it is, `row_bytes` after the last.
    """

    rows: int
    depth: int
    element: int
    groups: int
    whole: bool
    row_bytes: int
    fields: dict[str, Any]


# An axis along which nothing happens.
_POINT = Axis(size=1, filter=1, stride=1, dilation=1, out=1, before=0, after=0)


def patches(
    batches: int, height: Axis, width: Axis, channels: int, group_channels: int, element: int,
    input_dilation: tuple[int, int, int] = (1, 1, 1), depth: Axis = _POINT,
) -> Patches:  # fmt: skip
    """The patches that a filter of depth x height x width x group_channels takes from pictures of `channels`.

    `input_dilation` is by how much the input is spread out along depth, height and width.
    """
    axes = {
        "d": (depth, "pad_front", input_dilation[0]),
        "h": (height, "pad_top", input_dilation[1]),
        "w": (width, "pad_left", input_dilation[2]),
    }
    whole = input_dilation == (1, 1, 1) and all(
        axis.filter == 1 and axis.stride == 1 and axis.before == axis.after == 0 for axis, _, _ in axes.values()
    )
    fields = {"pixel_bytes": channels * element, "group_bytes": group_channels * element}
    for name, (axis, before, gaps) in axes.items():
        fields |= {
            f"in_{name}": axis.size, f"out_{name}": axis.out, f"filter_{name}": axis.filter, f"stride_{name}": axis.stride,
            f"dilation_{name}": axis.dilation, f"input_dilation_{name}": gaps, before: axis.before,
        }  # fmt: skip
    return Patches(
        rows=batches * depth.out * height.out * width.out, depth=depth.filter * height.filter * width.filter * group_channels,
        element=element, groups=max(channels // max(group_channels, 1), 1), whole=whole, row_bytes=channels * element, fields=fields,
    )  # fmt: skip


def dense(rows: int, depth: int, element: int) -> Patches:
    """Rows of `depth` values, one after the other."""
    return patches(rows, _POINT, _POINT, depth, depth, element)


class Batches(NamedTuple):
    """Several left matrices of the same shape: where each starts in the input, in bytes, and which right matrix is its own."""

    input_offsets: list[int]
    matrices: list[int]


_ONE_BATCH = Batches([0], [0])


def _blocks(planner: PlanContext, shape: Patches, in_place: bool, depth_bytes: int, panels: int, batches: Batches) -> dict[str, Any]:
    """How rows and panels are cut into units of work."""
    count = len(batches.matrices)
    rows = max(_BLOCK_BYTES[in_place] // max(depth_bytes, 1), _MIN_BLOCK_ROWS)
    if planner.threads > 1:
        rows = min(rows, max(-(-shape.rows * count // (3 * planner.threads)), _MIN_BLOCK_ROWS))
    blocks = max(-(-shape.rows // rows), 1)
    # Blocks of equal size, each whole tiles.
    rows = -(-shape.rows // blocks)
    rows = min(-(-rows // _MIN_BLOCK_ROWS) * _MIN_BLOCK_ROWS, shape.rows)
    blocks = -(-shape.rows // rows)
    chunks = 1 if planner.threads == 1 else min(panels, max(-(-3 * planner.threads // (blocks * count)), 1))
    chunk_panels = -(-panels // chunks)
    return {"batch_blocks": blocks, "block_rows": rows, "chunks": -(-panels // chunk_panels), "chunk_panels": chunk_panels}


def _step(
    planner: PlanContext, kernel: Any, shape: Patches, weights: Packed, input: Value, output: Value, batches: Batches, cut: dict[str, Any],
    **fields: Any,
) -> None:  # fmt: skip
    planner.step(
        kernel, work=len(batches.matrices) * cut["batch_blocks"] * cut["chunks"],
        cost=cut["block_rows"] * shape.depth * shape.groups * cut["chunk_panels"] * shape.element,
        input=input, output=output, weights=weights.words, columns=weights.columns, depth=weights.depth, panel_bytes=weights.panel_bytes,
        group_weights=weights.matrix_bytes, rows=shape.rows, groups=shape.groups, row_columns=weights.columns * shape.groups,
        input_offsets=planner.constant(batches.input_offsets, np.int64), matrices=planner.constant(batches.matrices, np.int64),
        **shape.fields, **cut, **fields,
    )  # fmt: skip


def f32_gemm(
    planner: PlanContext, shape: Patches, input: Value, weights: np.ndarray | Matrices, bias: np.ndarray | Value | None, output: Value,
    low: float, high: float, batches: Batches = _ONE_BATCH,
) -> None:  # fmt: skip
    """output = clamp(patches x weights + bias). Weights float32 [groups, columns, depth], bias float32 [groups * columns]."""
    from ...kernels.gemm_variants import FEW_ROWS, choose

    columns, depth = weights.shape[1:] if isinstance(weights, np.ndarray) else (weights.columns, weights.depth)
    variant = choose("f32", shape.rows, columns, depth)
    # Which kernel runs must not depend on threads.
    method = "separate" if shape.rows < FEW_ROWS else planner.arithmetic.floats
    packed = pack_f32(planner, variant, weights, bias)
    row_bytes = shape.row_bytes if shape.whole else shape.depth * 4
    cut = _blocks(planner, shape, shape.whole, shape.depth * 4, -(-columns // variant.nr), batches)
    _step(
        planner, variant.kernels[method], shape, packed, input, output, batches, cut,
        scratch=variant.max_rows * variant.nr * 4 + (0 if shape.whole else cut["block_rows"] * row_bytes), direct=int(shape.whole),
        row_bytes=row_bytes, low=low, high=high, pad_values=planner.constant([0], np.int32), pad_value_step=0,
    )  # fmt: skip


def _q8_step(
    planner: PlanContext, variant: Variant, method: str, shape: Patches, input: Value, weights: Packed, output: Value, signed: bool,
    batches: Batches = _ONE_BATCH, **fields: Any,
) -> None:  # fmt: skip
    from ...kernels.q8_gemm import q8_scratch

    assert variant.dot is not None
    in_place = shape.whole and variant.dot.reads_bytes and shape.depth % variant.kr == 0
    row_bytes = shape.row_bytes if in_place else weights.depth * 4
    cut = _blocks(planner, shape, in_place, row_bytes, -(-weights.columns // variant.nr), batches)
    _step(
        planner, variant.kernels[method], shape, weights, input, output, batches, cut,
        scratch=q8_scratch(variant, cut["block_rows"], weights.depth) + (0 if in_place else cut["block_rows"] * row_bytes),
        direct=int(in_place), row_bytes=row_bytes, sign_xor=-0x7F7F7F80 if signed else 0, **fields,
    )  # fmt: skip


def q8_gemm(
    planner: PlanContext, shape: Patches, input: Value, input_zero: int, weights: np.ndarray | Matrices, weights_zero: int,
    bias: np.ndarray, output: Value, how: Requantization, batches: Batches = _ONE_BATCH,
) -> None:  # fmt: skip
    """8-bit output = requantize(patches x weights + bias). Weights int8 or uint8 [groups, columns, depth], bias int32."""

    from ...kernels.gemm_variants import choose

    columns, depth = weights.shape[1:] if isinstance(weights, np.ndarray) else (weights.columns, weights.depth)
    variant = choose("q8", shape.rows, columns, depth)
    planner.check_table(how.factors.size)
    words_of_factors = factor_words(how)

    def header(bias: np.ndarray) -> Header:
        def words(chosen: slice, width: int) -> np.ndarray:
            return np.concatenate([padded(bias[chosen], width, np.int32), words_of_factors(chosen, width)])

        return words

    signed = input.type == "INT8"
    seen_zero = input_zero + 128 if signed else input_zero  # of the input, as u8
    packed, zero_left = pack_q8(planner, variant, weights, weights_zero, seen_zero, bias.astype(np.int64), header)
    _q8_step(
        planner, variant, how.method, shape, input, packed, output, signed, batches, pad_values=planner.constant([input_zero], np.int32),
        pad_value_step=0, input_zero=seen_zero, weights_zero=zero_left, output_zero=how.zero, low=how.low, high=how.high,
    )  # fmt: skip


def quantize_batches(planner: PlanContext, input: Value, batches: int, asymmetric: bool) -> tuple[Value, Value, Value]:
    """A float input as int8, each batch with its own scale and zero point: (values, scales, zero points)."""
    from ...kernels.quantize import f32_quantize_batches

    values = planner.workspace(input.shape, "INT8")
    scales, zeros = planner.workspace((batches,), "FLOAT32"), planner.workspace((batches,), "INT32")
    count = input.size // max(batches, 1)
    planner.step(
        f32_quantize_batches, work=batches if count else 0, cost=count * 2, input=input, output=values, scales=scales,
        zeros=zeros, count=count, asymmetric=int(asymmetric),
    )  # fmt: skip
    return values, scales, zeros


def hybrid_gemm(
    planner: PlanContext, shape: Patches, input: Value, batches: int, asymmetric: bool, weights: np.ndarray, scales: np.ndarray,
    bias: np.ndarray, output: Value, low: float, high: float, channel_first: bool = False, matrices: Batches = _ONE_BATCH,
) -> None:  # fmt: skip
    """Float output from a float input that is quantized on the way, batch by batch.

    Weights int8 [groups or matrices, columns, depth], bias and scales float32 for the columns of all. With several `matrices`, each
    left one must be the input's next.

    A sum is multiplied by scale of channel times scale of batch, or (`channel_first`) by one after the other.
    """
    from ...kernels.gemm_variants import choose

    variant = choose("q8", shape.rows, *weights.shape[1:])
    assert variant.dot is not None
    quantized, batch_scales, batch_zeros = quantize_batches(planner, input, batches, asymmetric)

    sums = weights.sum(axis=2, dtype=np.int64).reshape(-1)

    def header(chosen: slice, width: int) -> np.ndarray:
        floats = [padded(row[chosen], width, np.float32).view(np.int32) for row in (bias, scales)]
        return np.concatenate([padded(sums[chosen], width, np.int32), *floats, np.zeros(width, np.int32)])

    packed = pack_words(planner, variant, variant.dot.words(weights), header)
    # What a value is too large by as the kernel sees it: u8 = s8 + 128, of which rows that are widened have 128 taken off again.
    _q8_step(
        planner, variant, "hybrid", shape, quantized, packed, output, True, matrices, pad_values=batch_zeros, pad_value_step=1,
        input_zero=128, weights_zero=0, output_zero=0, low=0, high=0, batch_scales=batch_scales,
        batch_rows=max(shape.rows * len(matrices.matrices) // max(batches, 1), 1), batch_zeros=batch_zeros,
        batch_zero_offset=variant.dot.offset, channel_first=int(channel_first), float_low=low, float_high=high,
    )  # fmt: skip


@dataclass(eq=False)
class Gemm:
    """A layer as a matrix product: the geometry for layers.py.

    weights        constant [groups or matrices, columns, depth], or a tensor that may be computed by the run
    batches        where there are several left matrices
    ranges         for hybrid layers: into how many parts, each with its own range, the input is cut
    asymmetric     for hybrid layers: (scales) -> whether parts have zero points
    convolution    whether LiteRT's hybrid kernel is the convolutions', which multiplies by channel first where parts have zero points
    """

    shape: Patches
    input: Value
    weights: np.ndarray | Matrices
    output: Value
    batches: Batches = _ONE_BATCH
    ranges: int = 1
    asymmetric: Callable[[np.ndarray], bool] = lambda scales: True
    convolution: bool = True

    @property
    def computes_bias(self) -> bool:
        return isinstance(self.weights, Matrices)

    def f32(self, plan: PlanContext, bias: np.ndarray | Value | None, low: float, high: float) -> None:
        f32_gemm(plan, self.shape, self.input, self.weights, bias, self.output, low, high, self.batches)

    def q8(self, plan: PlanContext, input_zero: int, weights_zero: int, bias: np.ndarray, how: Requantization) -> None:
        q8_gemm(plan, self.shape, self.input, input_zero, self.weights, weights_zero, bias, self.output, how, self.batches)

    def hybrid(self, plan: PlanContext, scales: np.ndarray, bias: np.ndarray, low: float, high: float) -> None:
        weights, asymmetric = self.weights, self.asymmetric(scales)
        known = weights.constant_value if isinstance(weights, Matrices) else weights
        assert known is not None
        hybrid_gemm(
            plan, self.shape, self.input, self.ranges, asymmetric, known, scales, bias, self.output, low, high,
            channel_first=self.convolution and asymmetric, matrices=self.batches,
        )  # fmt: skip
