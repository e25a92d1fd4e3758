"""Convolution and fully connected layers as matrix products: packing of weights, and the steps that run them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .operator import Node, Value
from .quantized import quantize_multiplier
from .window import Axis

if TYPE_CHECKING:
    from ...planner import Planner

__all__ = [
    "Patches", "Requantization", "check_weights", "dense", "dot_words", "f32_gemm", "hybrid_gemm", "patches", "q8_gemm",
    "quantize_batches",
]  # fmt: skip

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
    fields: dict[str, int]


def patches(
    batches: int, height: Axis, width: Axis, channels: int, group_channels: int, element: int, spread: tuple[int, int] = (1, 1)
) -> Patches:
    """The patches that a filter of height x width x group_channels takes from pictures of `channels`, spread out or not."""
    whole = spread == (1, 1) and all(axis.filter == 1 and axis.stride == 1 and axis.before == axis.after == 0 for axis in (height, width))
    return Patches(
        rows=batches * height.out * width.out, depth=height.filter * width.filter * group_channels, element=element,
        groups=channels // group_channels, whole=whole, row_bytes=channels * element,
        fields={
            "in_h": height.size, "in_w": width.size, "out_h": height.out, "out_w": width.out, "filter_h": height.filter,
            "filter_w": width.filter, "stride_h": height.stride, "stride_w": width.stride, "dilation_h": height.dilation,
            "dilation_w": width.dilation, "pad_top": height.before, "pad_left": width.before, "spread_h": spread[0],
            "spread_w": spread[1], "pixel_bytes": channels * element,
            "group_bytes": group_channels * element,
        },
    )  # fmt: skip


def dense(rows: int, depth: int, element: int) -> Patches:
    """Rows of `depth` values, one after the other."""
    line = Axis(size=1, filter=1, stride=1, dilation=1, out=1, before=0, after=0)
    return patches(rows, line, line, depth, depth, element)


def _blocks(planner: Planner, shape: Patches, in_place: bool, depth_bytes: int, panels: int) -> dict[str, Any]:
    """How rows and panels are cut into units of work."""
    rows = max(_BLOCK_BYTES[in_place] // max(depth_bytes, 1), _MIN_BLOCK_ROWS)
    if planner.threads > 1:
        rows = min(rows, max(-(-shape.rows // (3 * planner.threads)), _MIN_BLOCK_ROWS))
    blocks = max(-(-shape.rows // rows), 1)
    # Blocks of equal size, each whole tiles.
    rows = -(-shape.rows // blocks)
    rows = min(-(-rows // _MIN_BLOCK_ROWS) * _MIN_BLOCK_ROWS, shape.rows)
    blocks = -(-shape.rows // rows)
    chunks = 1 if planner.threads == 1 else min(panels, max(-(-3 * planner.threads // blocks), 1))
    chunk_panels = -(-panels // chunks)
    return {"block_rows": rows, "chunks": -(-panels // chunk_panels), "chunk_panels": chunk_panels}


def _pack(
    planner: Planner, words: np.ndarray, header_words: int, header: Callable[[slice, int], np.ndarray]
) -> tuple[np.ndarray, dict[str, Any]]:
    """Panels of weights from 4-byte words [groups, columns, depth]; `header(columns, width)` gives what stands before each."""
    from ...kernels.gemm import LANES, NR

    groups, columns, depth = words.shape
    panels = -(-columns // NR)
    last = -(-(columns - (panels - 1) * NR) // LANES) * LANES
    group_words = ((panels - 1) * NR + last) * (header_words + depth)
    packed = planner.array((groups, group_words), np.int32)
    for group in range(groups):
        for panel in range(panels):
            width = NR if panel < panels - 1 else last
            start = panel * NR * (header_words + depth)
            chosen = slice(panel * NR, min((panel + 1) * NR, columns))
            body = packed[group, start : start + width * (header_words + depth)]
            everywhere = slice(group * columns + chosen.start, group * columns + chosen.stop)
            body[: header_words * width] = header(everywhere, width).view(np.int32)
            target = body[header_words * width :].reshape(depth, width)
            target[:, : chosen.stop - chosen.start] = words[group, chosen].T
    return packed, {"panel_bytes": NR * (header_words + depth) * 4, "group_weights": group_words * 4}


def _padded(values: np.ndarray, width: int, dtype: Any) -> np.ndarray:
    """The values as `width` numbers, zeros behind."""
    row = np.zeros(width, dtype)
    row[: values.size] = values
    return row


def _fields(shape: Patches, columns: int, weights: np.ndarray, output: Value, fills: Any, fill_step: int) -> dict[str, Any]:
    return {
        **shape.fields, "fills": fills, "fill_step": fill_step, "weights": weights, "output": output, "rows": shape.rows,
        "columns": columns, "groups": shape.groups, "row_columns": columns * shape.groups,
    }  # fmt: skip


def f32_gemm(
    planner: Planner, shape: Patches, input: Value, weights: np.ndarray, bias: np.ndarray, output: Value, low: float, high: float
) -> None:
    """output = clamp(patches x weights + bias). Weights float32 [groups, columns, depth], bias float32 [groups * columns]."""
    from ...kernels.gemm import MAX_ROWS, NR, f32_gemm, f32_gemm_exact

    # A few rows cost the same either way. Which kernel runs must not depend on threads.
    kernel = f32_gemm_exact if planner.exact or shape.rows < MAX_ROWS else f32_gemm
    columns = weights.shape[1]
    words = np.ascontiguousarray(weights, np.float32).view(np.int32)
    packed, sizes = _pack(planner, words, 1, lambda chosen, width: _padded(bias[chosen], width, np.float32))
    depth_bytes = shape.depth * 4
    cut = _blocks(planner, shape, shape.whole, depth_bytes, -(-columns // NR))
    row_bytes = shape.row_bytes if shape.whole else depth_bytes
    planner.step(
        kernel, work=-(-shape.rows // cut["block_rows"]) * cut["chunks"],
        cost=cut["block_rows"] * shape.depth * shape.groups * cut["chunk_panels"] * 4,
        scratch=MAX_ROWS * NR * 4 + (0 if shape.whole else cut["block_rows"] * row_bytes),
        input=input, depth=shape.depth, direct=int(shape.whole), row_bytes=row_bytes, low=low, high=high,
        **_fields(shape, columns, packed, output, planner.constant([0], np.int32), 0), **sizes, **cut,
    )  # fmt: skip


class Requantization(NamedTuple):
    """How sums become 8-bit outputs: real factors float64 [columns], in fixed point or (`exact`) in double; then + zero, clamp."""

    factors: np.ndarray
    zero: int
    low: int
    high: int
    exact: bool = False


def _q8_words(weights: np.ndarray, zero: int, signed: bool) -> tuple[np.ndarray, np.ndarray, int]:
    """8-bit weights [groups, columns, depth] as words of the target's dot product.

    Gives the words, the weights as integers as the kernel sees them, and the zero point that is left in them.
    """
    from ...kernels.q8_gemm import VNNI

    if not VNNI:
        seen = weights.astype(np.int16) - np.int16(zero)
        return dot_words(seen), seen, 0
    seen = weights if signed else (weights ^ 0x80).view(np.int8)
    return dot_words(seen), seen, zero if signed else zero - 128


def dot_words(weights: np.ndarray) -> np.ndarray:
    """Weights [..., depth], int8 or for madd and mul int16, as int32 words [..., groups] of the target's dot product, zeros behind."""
    from ...kernels.q8_gemm import GROUP, VNNI

    depth = weights.shape[-1]
    padded = np.zeros((*weights.shape[:-1], -(-depth // GROUP) * GROUP), np.int8 if VNNI else np.int16)
    padded[..., :depth] = weights
    return padded.view(np.int32)


def _q8_step(
    planner: Planner, kernel: Any, shape: Patches, input: Value, words: np.ndarray, header: Callable[[slice, int], np.ndarray],
    output: Value, signed: bool, fills: Any, fill_step: int, **fields: Any,
) -> None:  # fmt: skip
    from ...kernels.gemm import MAX_ROWS, NR
    from ...kernels.q8_gemm import GROUP, HEADER_WORDS, VNNI

    columns, depth = words.shape[1:]
    packed, sizes = _pack(planner, words, HEADER_WORDS, header)
    in_place = shape.whole and VNNI and shape.depth % GROUP == 0
    row_bytes = shape.row_bytes if in_place else depth * 4
    cut = _blocks(planner, shape, in_place, row_bytes, -(-columns // NR))
    line = 0 if VNNI else depth * GROUP + 64
    planner.step(
        kernel, work=-(-shape.rows // cut["block_rows"]) * cut["chunks"],
        cost=cut["block_rows"] * shape.depth * shape.groups * cut["chunk_panels"],
        scratch=(MAX_ROWS * NR + cut["block_rows"]) * 4 + line + (0 if in_place else cut["block_rows"] * row_bytes),
        input=input, depth=depth, direct=int(in_place), row_bytes=row_bytes, flip=-0x7F7F7F80 if signed else 0,
        **_fields(shape, columns, packed, output, fills, fill_step), **sizes, **cut, **fields,
    )  # fmt: skip


def q8_gemm(
    planner: Planner, shape: Patches, input: Value, input_zero: int, weights: np.ndarray, weights_zero: int, bias: np.ndarray,
    output: Value, how: Requantization,
) -> None:  # fmt: skip
    """8-bit output = requantize(patches x weights + bias). Weights int8 or uint8 [groups, columns, depth], bias int32."""
    from ...kernels.q8_gemm import HEADER_WORDS, VNNI, q8_gemm, q8_gemm_double

    signed = weights.dtype == np.int8
    words, seen, zero_left = _q8_words(weights, weights_zero, signed)
    seen_zero = input_zero + 128 if signed else input_zero  # of the input, as u8
    bias = bias.astype(np.int64)
    if VNNI:
        sums = seen.sum(axis=2, dtype=np.int64).reshape(-1)
        bias = bias - seen_zero * sums + shape.depth * seen_zero * zero_left
    bias = bias.astype(np.int32)  # the sums wrap around as the reference's do
    if how.exact:

        def header(chosen: slice, width: int) -> np.ndarray:
            scales = _padded(how.factors[chosen], width, np.float64).view(np.int32)
            return np.concatenate([_padded(bias[chosen], width, np.int32), np.zeros(width, np.int32), scales])

    else:
        multiplier, shift = quantize_multiplier(how.factors)
        rows = (bias, multiplier, np.maximum(shift, 0), np.maximum(-shift, 0))
        assert len(rows) == HEADER_WORDS

        def header(chosen: slice, width: int) -> np.ndarray:
            return np.concatenate([_padded(row[chosen], width, np.int32) for row in rows])

    _q8_step(
        planner, q8_gemm_double if how.exact else q8_gemm, shape, input, words, header, output, signed,
        planner.constant([input_zero], np.int32), 0, input_zero=seen_zero, weights_zero=zero_left, output_zero=how.zero,
        low=how.low, high=how.high,
    )  # fmt: skip


def quantize_batches(planner: Planner, input: Value, batches: int, asymmetric: bool) -> tuple[Value, Value, Value]:
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
    planner: Planner, shape: Patches, input: Value, batches: int, asymmetric: bool, weights: np.ndarray, scales: np.ndarray,
    bias: np.ndarray, output: Value, low: float, high: float, channel_first: bool = False,
) -> None:  # fmt: skip
    """Float output from a float input that is quantized on the way, batch by batch. Weights int8, scales float32 [columns].

    A sum is multiplied by scale of channel times scale of batch, or (`channel_first`) by one after the other.
    """
    from ...kernels.q8_gemm import VNNI, q8_gemm_f32

    quantized, batch_scales, batch_zeros = quantize_batches(planner, input, batches, asymmetric)
    words, seen, _ = _q8_words(weights, 0, True)
    sums = seen.sum(axis=2, dtype=np.int64).reshape(-1)

    def header(chosen: slice, width: int) -> np.ndarray:
        floats = [_padded(row[chosen], width, np.float32).view(np.int32) for row in (bias, scales)]
        return np.concatenate([_padded(sums[chosen], width, np.int32), *floats, np.zeros(width, np.int32)])

    # What a value is too large by as the kernel sees it: u8 = s8 + 128, of which madd and mul take 128 off again.
    _q8_step(
        planner, q8_gemm_f32, shape, quantized, words, header, output, True, batch_zeros, 1, input_zero=128, weights_zero=0,
        output_zero=0, low=0, high=0, batch_rows=max(shape.rows // max(batches, 1), 1), batch_scales=batch_scales,
        batch_zeros=batch_zeros, batch_zero_offset=128 if VNNI else 0, channel_first=int(channel_first), float_low=low, float_high=high,
    )  # fmt: skip


def check_weights(node: Node, weights: Value) -> np.ndarray:
    """The value of a filter, which must be a constant: it is packed once."""
    if weights.known is None:
        node.unsupported(f"its weights {weights} are not constant", "tinylite packs weights when it plans; make them a constant")
    return weights.known
