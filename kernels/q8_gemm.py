"""Matrix products of 8-bit patches and weights: quantized convolution and fully connected layers.

    sum[m][n] = bias[n] + sum over k of (rows[m][k] - input zero point) * (weights[n][k] - weights' zero point)

in int32, exactly; three kernels differ in what they make of a sum. Work, blocks and panels are as in gemm.py. A panel is
[4 * w words for its columns][one word a column for each group of k]; a group is what the target sums at once:

vnni       four s8 weights, times four u8. The rows are read as they are (s8 + 128, if they are signed), so zero points
           come in afterwards: `bias` already holds what does not depend on the row, row_terms the rest.
madd, mul  two s16 weights, times two s16. Both have their zero points taken off before; rows are always gathered.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .cpu import target
from .ends import store_first
from .fixed_point import requantize, round_half_away
from .gemm import GEMM_FIELDS, LANES, MAX_ROWS, NR, ROWS, VECTORS, locate
from .kernel import Device, Kernel, device, kernel
from .lazy import simd, tiles
from .patches import gather_rows

VNNI = target().dot == "vnni"
# Values of k in a group, and the columns of a panel that the words before its groups are for.
GROUP = 4 if VNNI else 2
HEADER_WORDS = 4

Q8_FIELDS = {
    **GEMM_FIELDS, "flip": "i32", "input_zero": "i32", "weights_zero": "i32", "output_zero": "i32", "low": "i32", "high": "i32",
}  # fmt: skip


@device
def widen_row(to, source, count, padded, flip, zero):
    """u8 (after `flip`) less their zero point as s16, then zeros up to `padded`."""
    for i in range(count):
        to[i] = np.int16((source[i] ^ np.uint8(flip)) - zero)
    for i in range(count, padded):
        to[i] = 0


@device
def sum_row(source, count, flip):
    """The sum of u8 (after `flip`)."""
    total = np.int32(0)
    for i in range(count):
        total += np.int32(source[i] ^ np.uint8(flip))
    return total


def _make_tile(vectors: int, rows: int) -> Device:
    count = rows * vectors

    @device
    def tile(a, stride, flip, weights, depth, to):
        """rows x vectors sums of the rows at `a`, `stride` bytes apart, and a panel's groups, to rows NR apart."""
        sums = tiles.zeros(count, np.int32, LANES)
        for _ in range(depth):
            sums = tiles.dot(sums, a, stride, flip, tiles.load_row(weights, vectors, LANES))
            a = a + 1
            weights = weights + vectors * LANES
        tiles.store(sums, to, NR, vectors)

    return tile


def _make_panel(vectors: int, finish: Device) -> Device:
    high_tile, flat_tile = _make_tile(vectors, ROWS[vectors]), _make_tile(vectors, 1)
    high = ROWS[vectors]

    @device
    def panel(a, source, stride, rows, row, panel_words, depth, to, columns, row_terms, sums):
        """A block of rows, the first of which is `row`, times one panel."""
        weights = panel_words + HEADER_WORDS * vectors * LANES
        if rows >= high:
            for first in range(0, rows, high):
                # The last tile overlaps the one before: what it computes twice comes out the same.
                r = min(first, rows - high)
                high_tile(simd.cast(source + r * stride, np.int32), stride, a.flip, weights, depth, sums)
                finish(a, sums, panel_words, vectors, high, row + r, columns, to + r * a.row_columns, row_terms + r)
        else:
            for r in range(rows):
                flat_tile(simd.cast(source + r * stride, np.int32), stride, a.flip, weights, depth, sums)
                finish(a, sums, panel_words, vectors, 1, row + r, columns, to + r * a.row_columns, row_terms + r)

    return panel


def _make_gemm(name: str, finish: Device, output: Callable[..., object], fields: dict[str, str]) -> Kernel:
    panel_1 = _make_panel(1, finish)
    panel_2 = _make_panel(2, finish)
    panel_3 = _make_panel(min(3, VECTORS), finish)
    panel_4 = _make_panel(min(4, VECTORS), finish)

    @kernel(name, **Q8_FIELDS, **fields)
    def gemm(a, lo, hi, scratch):
        sums = simd.pointer(scratch, np.int32)
        row_terms = sums + MAX_ROWS * NR
        line = simd.cast(row_terms + a.block_rows, np.uint8)
        gathered = line + (a.depth * GROUP + 64) * (not VNNI)
        depth_bytes = a.filter_d * a.filter_h * a.filter_w * a.group_bytes
        for unit in range(lo, hi):
            batch, first, rows, chunk = locate(a, unit)
            matrix = a.matrices[batch] * a.groups
            row = batch * a.rows + first
            for group in range(a.groups):
                group_input = a.input + a.input_offsets[batch] + group * a.group_bytes
                source, stride = gathered, a.depth * 4
                if VNNI:
                    if a.direct:
                        source, stride = group_input + first * a.row_bytes, a.row_bytes
                    else:
                        stride = a.row_bytes
                        gather_rows(a, group_input, first, rows, gathered, stride)
                    if a.weights_zero != 0:
                        for r in range(rows):
                            row_terms[r] = -a.weights_zero * sum_row(source + r * stride, depth_bytes, a.flip)
                else:
                    for r in range(rows):
                        gather_rows(a, group_input, first + r, 1, line, 0)
                        wide = simd.cast(gathered + r * stride, np.int16)
                        widen_row(wide, line, depth_bytes, a.depth * 2, a.flip, a.input_zero)
                for p in range(chunk * a.chunk_panels, min((chunk + 1) * a.chunk_panels, (a.columns + NR - 1) // NR)):
                    panel = simd.cast(a.weights + (matrix + group) * a.group_weights + p * a.panel_bytes, np.int32)
                    to = simd.cast(a.output, output) + row * a.row_columns + group * a.columns + p * NR
                    columns = min(a.columns - p * NR, NR)
                    vectors = (columns + LANES - 1) // LANES
                    if vectors == 1:
                        panel_1(a, source, stride, rows, row, panel, a.depth, to, columns, row_terms, sums)
                    elif vectors == 2:
                        panel_2(a, source, stride, rows, row, panel, a.depth, to, columns, row_terms, sums)
                    elif vectors == 3:
                        panel_3(a, source, stride, rows, row, panel, a.depth, to, columns, row_terms, sums)
                    else:
                        panel_4(a, source, stride, rows, row, panel, a.depth, to, columns, row_terms, sums)

    return gemm


@device
def finish_fixed(a, sums, panel, vectors, rows, row, columns, to, row_terms):
    """To 8 bits by the column's multiplier and shift. Header: bias, multiplier, left shift, right shift."""
    width = vectors * LANES
    for v in range(vectors):
        at = panel + v * LANES
        bias, multiplier = simd.load(at, LANES), simd.load(at + width, LANES)
        left, right = simd.load(at + 2 * width, LANES), simd.load(at + 3 * width, LANES)
        for r in range(rows):
            total = simd.load(sums + r * NR + v * LANES, LANES) + bias
            if a.weights_zero != 0:
                total = total + row_terms[r]
            out = requantize(total, multiplier, left, right) + a.output_zero
            out = simd.minimum(simd.maximum(out, a.low), a.high)
            spare = simd.cast(sums + r * NR + v * LANES, np.uint8)
            store_first(to + r * a.row_columns + v * LANES, simd.to_u8(out), columns - v * LANES, spare)


@device
def finish_double(a, sums, panel, vectors, rows, row, columns, to, row_terms):
    """To 8 bits by the column's scale in double, halves away from zero. Header: bias, (nothing), scale as two words."""
    width = vectors * LANES
    for v in range(vectors):
        bias = simd.load(panel + v * LANES, LANES)
        scale = simd.load(simd.cast(panel + 2 * width, np.float64) + v * LANES, LANES)
        for r in range(rows):
            total = simd.load(sums + r * NR + v * LANES, LANES) + bias
            if a.weights_zero != 0:
                total = total + row_terms[r]
            out = simd.to_i32(round_half_away(simd.to_f64(total) * scale)) + a.output_zero
            out = simd.minimum(simd.maximum(out, a.low), a.high)
            spare = simd.cast(sums + r * NR + v * LANES, np.uint8)
            store_first(to + r * a.row_columns + v * LANES, simd.to_u8(out), columns - v * LANES, spare)


@device
def finish_float(a, sums, panel, vectors, rows, row, columns, to, row_terms):
    """To float, for rows that were quantized on the way in, each batch with its own scale and zero point.

    Header: sums of the column's weights, bias, scale.
    """
    width = vectors * LANES
    for v in range(vectors):
        at = panel + v * LANES
        weight_sums = simd.load(at, LANES)
        bias = simd.load(simd.cast(at + width, np.float32), LANES)
        scale = simd.load(simd.cast(at + 2 * width, np.float32), LANES)
        for r in range(rows):
            batch = (row + r) // a.batch_rows
            total = simd.load(sums + r * NR + v * LANES, LANES) - weight_sums * (a.batch_zeros[batch] + a.batch_zero_offset)
            # The reference's two hybrid kernels multiply in different orders, and the next layer may round by the last bit.
            if a.channel_first:
                out = simd.to_f32(total) * scale * a.batch_scales[batch] + bias
            else:
                out = simd.to_f32(total) * (scale * a.batch_scales[batch]) + bias
            out = simd.select(out < a.float_low, simd.splat(a.float_low, LANES), out)
            out = simd.select(out > a.float_high, simd.splat(a.float_high, LANES), out)
            spare = simd.cast(sums + r * NR + v * LANES, np.float32)
            store_first(to + r * a.row_columns + v * LANES, out, columns - v * LANES, spare)


SHAPE = f"{ROWS[VECTORS]}x{NR}"
q8_gemm = _make_gemm(f"q8_gemm_{SHAPE}", finish_fixed, np.uint8, {})
q8_gemm_double = _make_gemm(f"q8_gemm_double_{SHAPE}", finish_double, np.uint8, {})
q8_gemm_f32 = _make_gemm(
    f"q8_gemm_f32_{SHAPE}", finish_float, np.float32,
    {
        "batch_rows": "i64", "batch_scales": "f32*", "batch_zeros": "i32*", "batch_zero_offset": "i32", "channel_first": "i64",
        "float_low": "f32", "float_high": "f32",
    },
)  # fmt: skip
