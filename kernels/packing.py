"""Packing of weights that a run computes into the panels of a variant (gemm.py); constant ones are packed by the plan.

The value for column n and depth k of a matrix lies at [n * column_step + k * depth_step]: rows of columns or columns of
rows. Work is counted in panels, matrix after matrix.
"""

from __future__ import annotations

import numpy as np

from .gemm import Variant
from .kernel import Kernel, device, kernel
from .lazy import simd, tiles

__all__ = ["make_f32_pack", "make_q8_pack"]

PACKING = {
    "columns": "i64", "depth": "i64", "column_step": "i64", "depth_step": "i64", "matrix_step": "i64", "panels": "i64",
    "matrix_words": "i64",
}  # fmt: skip


@device
def panel_columns(a, p, nr, unit):
    """How many columns panel `p` has, and how many it has room for: a multiple of `unit`."""
    count = min(a.columns - p * nr, nr)
    return count, (count + unit - 1) // unit * unit


def make_f32_pack(variant: Variant, module: str) -> Kernel:
    """The packing of a variant of floats; the import of `module` makes it."""
    nr, lanes, step = variant.nr, variant.lanes, variant.lanes * variant.step

    def pack(a, lo, hi, scratch):
        """With a bias for each column of each matrix or, at step 0, one number for all."""
        for unit in range(lo, hi):
            matrix = unit // a.panels
            p = unit - matrix * a.panels
            count, width = panel_columns(a, p, nr, step)
            source = a.source + matrix * a.matrix_step + p * nr * a.column_step
            to = a.packed + matrix * a.matrix_words + p * nr * (1 + a.depth)
            for c in range(width):
                to[c] = a.bias[(matrix * a.columns + p * nr + c) * a.bias_step] if c < count else np.float32(0)
            to = to + width
            # What stands in columns that do not exist is of no use and does no harm.
            if a.column_step == 1:
                for d in range(a.depth):
                    simd.copy(to + d * width, source + d * a.depth_step, count)
            elif (a.depth_step == 1) & (count >= lanes) & (a.depth >= lanes):
                for first in range(0, count, lanes):
                    # The last square overlaps the one before.
                    c = min(first, count - lanes)
                    for start in range(0, a.depth, lanes):
                        d = min(start, a.depth - lanes)
                        square = tiles.load_transposed(source + c * a.column_step + d, a.column_step, lanes)
                        tiles.store(square, to + d * width + c, width, 1)
            else:
                for c in range(count):
                    for d in range(a.depth):
                        to[d * width + c] = source[c * a.column_step + d * a.depth_step]

    pack.__module__ = module
    return kernel(f"f32_pack_{variant.name}", source="f32*", bias="f32*", bias_step="i64", packed="f32*", **PACKING)(pack)


def make_q8_pack(variant: Variant, module: str) -> Kernel:
    """The packing of a variant of 8-bit numbers; the import of `module` makes it."""
    assert variant.dot is not None
    nr, step, kr = variant.nr, variant.lanes * variant.step, variant.kr
    header_words, in_bytes = variant.header_words, variant.dot.reads_bytes

    @device
    def put_group(a, words, column, first, exists):
        """The values of a column from depth `first` on as one word; gives their sum. What is missing counts as 0."""
        total = np.int32(0)
        for j in range(kr):
            value = np.int32(0)
            if exists & (first + j < a.depth):
                value = np.int32(np.int8(column[(first + j) * a.depth_step] ^ np.uint8(a.sign_xor)))
                if not in_bytes:
                    value -= a.zero
            if in_bytes:
                simd.cast(words, np.int8)[j] = value
            else:
                simd.cast(words, np.int16)[j] = value
            total += value
        return total

    def pack(a, lo, hi, scratch):
        """`header` is what stands before the groups of each panel; to its first row, the bias, sum_factor * sum(column) is added.

        Bytes (after `sign_xor`) are signed; `zero` is taken off where weights are widened to 16 bits.
        """
        groups = (a.depth + kr - 1) // kr
        for unit in range(lo, hi):
            matrix = unit // a.panels
            p = unit - matrix * a.panels
            count, width = panel_columns(a, p, nr, step)
            source = a.source + matrix * a.matrix_step + p * nr * a.column_step
            to = a.packed + matrix * a.matrix_words + p * nr * (header_words + groups)
            simd.copy(to, a.header + p * nr * header_words, header_words * width)
            words = to + header_words * width
            for g in range(groups):
                for c in range(width):
                    total = put_group(a, words + g * width + c, source + c * a.column_step, g * kr, c < count)
                    to[c] += a.sum_factor * total

    pack.__module__ = module
    fields = {"source": "u8*", "header": "i32*", "packed": "i32*", "sign_xor": "i32", "zero": "i32", "sum_factor": "i32"}
    return kernel(f"q8_pack_{variant.name}", **fields, **PACKING)(pack)
