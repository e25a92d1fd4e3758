"""Matrix products of floats: convolution and fully connected layers. A panel's header is its bias.

Two methods of rounding: `fused` starts with the bias and rounds a product and its addition once; `separate` is bit-exact with the
reference kernels: it starts at zero, rounds products and sums one after the other, and adds the bias last.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .gemm import Variant, make_gemm
from .kernel import Device, Kernel, device
from .lazy import simd, tiles
from .packing import make_f32_pack
from .patches import gather_rows

__all__ = ["make_f32_variant"]


@device
def copy_columns(to, to_stride, source, width, rows, columns):
    """The first columns of a tile's rows, `width` apart, to where they belong."""
    for r in range(rows):
        for c in range(columns):
            to[r * to_stride + c] = source[r * width + c]


def _make_gemm(variant: Variant, fused: bool, module: str) -> Kernel:
    lanes, spare_bytes = variant.lanes, variant.max_rows * variant.nr * 4

    @device
    def block_rows(a, input, first, rows, scratch):
        block = input + first * a.row_bytes
        if a.direct == 0:
            block = simd.pointer(scratch + spare_bytes, np.uint8)
            gather_rows(a, input, first, rows, block, a.row_bytes)
        return block

    def make_tile(vectors: int, rows: int) -> Device:
        count, width = vectors * rows, vectors * lanes

        @device
        def tile(a, block, r, row, panel, to, columns, scratch):
            at = simd.cast(block + r * a.row_bytes, np.float32)
            stride = a.row_bytes // 4
            weights = simd.cast(panel, np.float32)
            bias = tiles.load_row(weights, vectors, lanes)
            weights = weights + width
            if fused:
                sums = tiles.repeat_row(bias, rows)
                for _ in range(a.depth):
                    sums = tiles.fma(sums, at, stride, tiles.load_row(weights, vectors, lanes))
                    at = at + 1
                    weights = weights + width
            else:
                sums = tiles.zeros(count, np.float32, lanes)
                for _ in range(a.depth):
                    sums = tiles.multiply_add(sums, at, stride, tiles.load_row(weights, vectors, lanes))
                    at = at + 1
                    weights = weights + width
                sums = tiles.add_row(sums, bias)
            sums = tiles.clamp(sums, a.low, a.high)
            to = to + r * a.row_columns
            if columns == width:
                tiles.store(sums, to, a.row_columns, vectors)
            else:
                tail_buffer = simd.pointer(scratch, np.float32)
                tiles.store(sums, tail_buffer, width, vectors)
                copy_columns(to, a.row_columns, tail_buffer, width, rows, columns)

        return tile

    name = f"f32_gemm_{variant.name}_{'fused' if fused else 'separate'}"
    return make_gemm(name, module, variant, block_rows, make_tile, np.float32, {"low": "f32", "high": "f32"})


def make_f32_variant(module: str, methods: tuple[str, ...], **fields: Any) -> Variant:
    """A variant of these fields with its kernels, which the import of `module` makes."""
    variant = Variant("f32", header_words=1, **fields)
    variant.kernels |= {method: _make_gemm(variant, method == "fused", module) for method in methods}
    variant.pack = make_f32_pack(variant, module)
    return variant
