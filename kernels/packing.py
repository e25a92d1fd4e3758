"""Packing of weights that a run computes into the panels of gemm.py and q8_gemm.py; constant ones are packed by the plan.

The value for column n and depth k of a matrix lies at [n * column_step + k * depth_step]: rows of columns or columns of
rows. Work is counted in panels, matrix after matrix.
"""

from __future__ import annotations

import numpy as np

from .gemm import LANES, NR
from .kernel import device, kernel
from .lazy import simd, tiles
from .q8_gemm import GROUP, HEADER_WORDS, VNNI

PACKING = {
    "columns": "i64", "depth": "i64", "column_step": "i64", "depth_step": "i64", "matrix_step": "i64", "panels": "i64",
    "matrix_words": "i64",
}  # fmt: skip


@device
def panel_columns(a, p):
    """How many columns panel `p` has, and how many it has room for."""
    count = min(a.columns - p * NR, NR)
    return count, (count + LANES - 1) // LANES * LANES


@kernel("f32_pack", source="f32*", bias="f32*", bias_step="i64", packed="f32*", **PACKING)
def f32_pack(a, lo, hi, scratch):
    """With a bias for each column of each matrix or, at step 0, one number for all."""
    for unit in range(lo, hi):
        matrix = unit // a.panels
        p = unit - matrix * a.panels
        count, width = panel_columns(a, p)
        source = a.source + matrix * a.matrix_step + p * NR * a.column_step
        to = a.packed + matrix * a.matrix_words + p * NR * (1 + a.depth)
        for c in range(width):
            to[c] = a.bias[(matrix * a.columns + p * NR + c) * a.bias_step] if c < count else np.float32(0)
        to = to + width
        # What stands in columns that do not exist is of no use and does no harm.
        if a.column_step == 1:
            for d in range(a.depth):
                simd.copy(to + d * width, source + d * a.depth_step, count)
        elif (a.depth_step == 1) & (count >= LANES) & (a.depth >= LANES):
            for first in range(0, count, LANES):
                # The last square overlaps the one before.
                c = min(first, count - LANES)
                for start in range(0, a.depth, LANES):
                    d = min(start, a.depth - LANES)
                    square = tiles.load_transposed(source + c * a.column_step + d, a.column_step, LANES)
                    tiles.store(square, to + d * width + c, width, 1)
        else:
            for c in range(count):
                for d in range(a.depth):
                    to[d * width + c] = source[c * a.column_step + d * a.depth_step]


@device
def put_group(a, words, column, first, exists):
    """The values of a column from depth `first` on as one word; gives their sum. What is missing counts as 0."""
    total = np.int32(0)
    for j in range(GROUP):
        value = np.int32(0)
        if exists & (first + j < a.depth):
            value = np.int32(np.int8(column[(first + j) * a.depth_step] ^ np.uint8(a.flip)))
            if not VNNI:
                value -= a.zero
        if VNNI:
            simd.cast(words, np.int8)[j] = value
        else:
            simd.cast(words, np.int16)[j] = value
        total += value
    return total


@kernel("q8_pack", source="u8*", header="i32*", packed="i32*", flip="i32", zero="i32", sum_factor="i32", **PACKING)
def q8_pack(a, lo, hi, scratch):
    """`header` is what stands before the groups of each panel; to its first row, the bias, sum_factor * sum(column) is added.

    Bytes (after `flip`) are signed; `zero` is taken off where weights are widened to 16 bits.
    """
    groups = (a.depth + GROUP - 1) // GROUP
    for unit in range(lo, hi):
        matrix = unit // a.panels
        p = unit - matrix * a.panels
        count, width = panel_columns(a, p)
        source = a.source + matrix * a.matrix_step + p * NR * a.column_step
        to = a.packed + matrix * a.matrix_words + p * NR * (HEADER_WORDS + groups)
        simd.copy(to, a.header + p * NR * HEADER_WORDS, HEADER_WORDS * width)
        words = to + HEADER_WORDS * width
        for g in range(groups):
            for c in range(width):
                total = put_group(a, words + g * width + c, source + c * a.column_step, g * GROUP, c < count)
                to[c] += a.sum_factor * total
