"""Matrix products of picture patches and weights: float convolution and fully connected layers.

    out[m][n] = clamp(bias[n] + sum over k of rows[m][k] * weights[n][k])

The weights are packed into panels of `NR` columns, the last one as narrow as whole vectors allow. A panel is
[bias: w floats][k: w floats each]. Work is counted in blocks of rows times chunks of panels, batch after batch: a batch
has its rows at its own place in the input, and a matrix of its own or one that it shares with others.

`f32_gemm` starts with the bias and rounds a product and its addition once. `f32_gemm_exact` has the reference kernels'
bits: it starts at zero, rounds products and sums one after the other, and adds the bias last.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .cpu import target
from .kernel import Device, Kernel, device, kernel
from .lazy import simd, tiles
from .patches import PATCH_FIELDS, gather_rows

LANES = target().lanes
# Rows of a tile for each width in vectors: as many sums as the registers hold beside a row of weights.
ROWS = {1: 12, 2: 12, 3: 8, 4: 6} if target().registers == 32 else {1: 6, 2: 6}
VECTORS = max(ROWS)
MAX_ROWS = max(ROWS.values())
NR = VECTORS * LANES

GEMM_FIELDS = {
    **PATCH_FIELDS,
    "weights": "u8*", "output": "u8*", "rows": "i64", "depth": "i64", "columns": "i64", "groups": "i64",
    "direct": "i64", "row_bytes": "i64", "block_rows": "i64", "chunks": "i64", "chunk_panels": "i64",
    "panel_bytes": "i64", "group_weights": "i64", "row_columns": "i64",
    # Of each batch: where its rows start, in bytes, and which matrix it is multiplied by.
    "batch_blocks": "i64", "input_offsets": "i64*", "matrices": "i64*",
}  # fmt: skip


@device
def locate(a, unit):
    """The batch of a unit, its first row there, how many rows, and its chunk of panels."""
    block = unit // a.chunks
    batch = block // a.batch_blocks
    first = (block - batch * a.batch_blocks) * a.block_rows
    return batch, first, min(a.block_rows, a.rows - first), unit - block * a.chunks


def _make_fused_tile(vectors: int, rows: int) -> Device:
    @device
    def tile(a, stride, weights, depth, low, high, to, to_stride):
        """rows x vectors sums: `a` points to the rows, `stride` floats apart, `weights` to a panel."""
        sums = tiles.repeat_row(tiles.load_row(weights, vectors, LANES), rows)
        weights = weights + vectors * LANES
        for _ in range(depth):
            sums = tiles.fma(sums, a, stride, tiles.load_row(weights, vectors, LANES))
            a = a + 1
            weights = weights + vectors * LANES
        tiles.store(tiles.clamp(sums, low, high), to, to_stride, vectors)

    return tile


def _make_exact_tile(vectors: int, rows: int) -> Device:
    count = vectors * rows

    @device
    def tile(a, stride, weights, depth, low, high, to, to_stride):
        """The same, rounded as the reference kernels round."""
        bias = tiles.load_row(weights, vectors, LANES)
        sums = tiles.zeros(count, np.float32, LANES)
        weights = weights + vectors * LANES
        for _ in range(depth):
            sums = tiles.multiply_add(sums, a, stride, tiles.load_row(weights, vectors, LANES))
            a = a + 1
            weights = weights + vectors * LANES
        tiles.store(tiles.clamp(tiles.add_row(sums, bias), low, high), to, to_stride, vectors)

    return tile


@device
def copy_columns(to, to_stride, source, rows, columns):
    """The first columns of a tile's rows (NR apart) to where they belong."""
    for r in range(rows):
        for c in range(columns):
            to[r * to_stride + c] = source[r * NR + c]


def _make_panel(vectors: int, make_tile: Callable[[int, int], Device]) -> Device:
    high_tile, flat_tile = make_tile(vectors, ROWS[vectors]), make_tile(vectors, 1)
    high = ROWS[vectors]

    @device
    def panel(a, stride, rows, weights, depth, low_bound, high_bound, to, to_stride, columns, spare):
        """A block of rows times one panel; only `columns` of its columns exist."""
        whole = columns == vectors * LANES
        if rows >= high:
            for first in range(0, rows, high):
                # The last tile overlaps the one before: what it computes twice comes out the same.
                r = min(first, rows - high)
                if whole:
                    high_tile(a + r * stride, stride, weights, depth, low_bound, high_bound, to + r * to_stride, to_stride)
                else:
                    high_tile(a + r * stride, stride, weights, depth, low_bound, high_bound, spare, NR)
                    copy_columns(to + r * to_stride, to_stride, spare, high, columns)
        else:
            for r in range(rows):
                flat_tile(a + r * stride, stride, weights, depth, low_bound, high_bound, spare, NR)
                copy_columns(to + r * to_stride, to_stride, spare, 1, columns)

    return panel


def _make_gemm(name: str, make_tile: Callable[[int, int], Device]) -> Kernel:
    panel_1, panel_2, panel_3, panel_4 = (_make_panel(min(vectors, VECTORS), make_tile) for vectors in (1, 2, 3, 4))

    @kernel(f"{name}_{ROWS[VECTORS]}x{NR}", **GEMM_FIELDS, low="f32", high="f32")
    def gemm(a, lo, hi, scratch):
        spare = simd.pointer(scratch, np.float32)
        gathered = simd.pointer(scratch + MAX_ROWS * NR * 4, np.uint8)
        for unit in range(lo, hi):
            batch, first, rows, chunk = locate(a, unit)
            matrix = a.matrices[batch] * a.groups
            for group in range(a.groups):
                group_input = a.input + a.input_offsets[batch] + group * a.group_bytes
                if a.direct:
                    source = simd.cast(group_input + first * a.row_bytes, np.float32)
                else:
                    gather_rows(a, group_input, first, rows, gathered, a.row_bytes)
                    source = simd.cast(gathered, np.float32)
                stride = a.row_bytes // 4
                for p in range(chunk * a.chunk_panels, min((chunk + 1) * a.chunk_panels, (a.columns + NR - 1) // NR)):
                    weights = simd.cast(a.weights + (matrix + group) * a.group_weights + p * a.panel_bytes, np.float32)
                    to = simd.cast(a.output, np.float32) + (batch * a.rows + first) * a.row_columns + group * a.columns + p * NR
                    columns = min(a.columns - p * NR, NR)
                    vectors = (columns + LANES - 1) // LANES
                    if vectors == 1:
                        panel_1(source, stride, rows, weights, a.depth, a.low, a.high, to, a.row_columns, columns, spare)
                    elif vectors == 2:
                        panel_2(source, stride, rows, weights, a.depth, a.low, a.high, to, a.row_columns, columns, spare)
                    elif vectors == 3:
                        panel_3(source, stride, rows, weights, a.depth, a.low, a.high, to, a.row_columns, columns, spare)
                    else:
                        panel_4(source, stride, rows, weights, a.depth, a.low, a.high, to, a.row_columns, columns, spare)

    return gemm


f32_gemm = _make_gemm("f32_gemm", _make_fused_tile)
f32_gemm_exact = _make_gemm("f32_gemm_exact", _make_exact_tile)
