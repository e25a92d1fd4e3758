"""Matrix products of 8-bit patches and weights: quantized convolution and fully connected layers.

    sum[m][n] = bias[n] + sum over k of (rows[m][k] - input zero point) * (weights[n][k] - weights' zero point)

in int32, exactly; kernels differ in how a step multiplies (dots.py) and in what they make of a sum (epilogues.py, or floats).

Where the primitive reads bytes, rows are read as they are (s8 + 128, if they are signed), so zero points come in afterwards: `bias`
already holds what does not depend on the row, row_terms the rest. Otherwise both have their zero points taken off before, and rows are
always gathered.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .epilogues import EPILOGUES, HEADER_WORDS, Epilogue
from .gemm import Variant, make_gemm
from .kernel import Device, Kernel, device
from .lazy import simd, tiles
from .packing import make_q8_pack
from .patches import gather_rows
from .tails import store_first

__all__ = ["make_q8_variant", "q8_scratch"]

Q8_FIELDS = {"sign_xor": "i32", "input_zero": "i32", "weights_zero": "i32", "output_zero": "i32", "low": "i32", "high": "i32"}
HYBRID_FIELDS = {
    "batch_rows": "i64", "batch_scales": "f32*", "batch_zeros": "i32*", "batch_zero_offset": "i32", "channel_first": "i64",
    "float_low": "f32", "float_high": "f32",
}  # fmt: skip
SLACK = 64


def q8_scratch(variant: Variant, block_rows: int, groups: int) -> int:
    """The scratch of a block, in bytes, before its gathered rows: [sums of a tile][row terms][a line of bytes, if rows are widened]."""
    assert variant.dot is not None
    line = 0 if variant.dot.reads_bytes else groups * variant.kr + SLACK
    return (variant.max_rows * variant.nr + block_rows) * 4 + line


@device
def widen_row(to, source, count, padded, sign_xor, zero):
    """u8 (after `sign_xor`) less their zero point as s16, then zeros up to `padded`."""
    for i in range(count):
        to[i] = np.int16((source[i] ^ np.uint8(sign_xor)) - zero)
    for i in range(count, padded):
        to[i] = 0


@device
def sum_row(source, count, sign_xor):
    """The sum of u8 (after `sign_xor`)."""
    total = np.int32(0)
    for i in range(count):
        total += np.int32(source[i] ^ np.uint8(sign_xor))
    return total


def _make_block_rows(variant: Variant) -> Device:
    assert variant.dot is not None
    in_bytes, group, sums_words = variant.dot.reads_bytes, variant.kr, variant.max_rows * variant.nr

    @device
    def block_rows(a, input, first, rows, scratch):
        depth_bytes = a.filter_d * a.filter_h * a.filter_w * a.group_bytes
        row_terms = simd.pointer(scratch, np.int32) + sums_words
        line = simd.cast(row_terms + a.block_rows, np.uint8)
        if in_bytes:
            block = input + first * a.row_bytes
            if a.direct == 0:
                block = line
                gather_rows(a, input, first, rows, block, a.row_bytes)
            if a.weights_zero != 0:
                for r in range(rows):
                    row_terms[r] = -a.weights_zero * sum_row(block + r * a.row_bytes, depth_bytes, a.sign_xor)
        else:
            block = line + a.depth * group + SLACK
            for r in range(rows):
                gather_rows(a, input, first + r, 1, line, 0)
                wide = simd.cast(block + r * a.row_bytes, np.int16)
                widen_row(wide, line, depth_bytes, a.depth * group, a.sign_xor, a.input_zero)
        return block

    return block_rows


def _make_gemm(method: str, variant: Variant, finish: Device, output: type, fields: dict[str, str], module: str) -> Kernel:
    """`finish(a, sums, header, vectors, rows, row, columns, to, row_terms)` writes the sums of a tile, whose first row is `row` of all."""
    assert variant.dot is not None
    lanes, dot, sums_words = variant.lanes, variant.dot.number, variant.max_rows * variant.nr

    def make_tile(vectors: int, rows: int) -> Device:
        count, width = vectors * rows, vectors * lanes

        @device
        def tile(a, block, r, row, panel, to, columns, scratch):
            at = simd.cast(block + r * a.row_bytes, np.int32)
            header = simd.cast(panel, np.int32)
            weights = header + HEADER_WORDS * width
            totals = tiles.zeros(count, np.int32, lanes)
            for _ in range(a.depth):
                totals = tiles.dot(totals, at, a.row_bytes, a.sign_xor, tiles.load_row(weights, vectors, lanes), dot)
                at = at + 1
                weights = weights + width
            sums = simd.pointer(scratch, np.int32)
            tiles.store(totals, sums, width, vectors)
            finish(a, sums, header, vectors, rows, row + r, columns, to + r * a.row_columns, sums + sums_words + r)

        return tile

    name = f"q8_gemm_{variant.name}_{method}"
    return make_gemm(name, module, variant, _make_block_rows(variant), make_tile, output, {**Q8_FIELDS, **fields})


def _make_requantize(lanes: int, epilogue: Epilogue) -> Device:
    constants, apply = epilogue.constants, epilogue.apply

    @device
    def finish(a, sums, header, vectors, rows, row, columns, to, row_terms):
        """To 8 bits, by the method of an epilogue."""
        width = vectors * lanes
        for v in range(vectors):
            bias = simd.load(header + v * lanes, lanes)
            factors = constants(header, width, v)
            for r in range(rows):
                total = simd.load(sums + r * width + v * lanes, lanes) + bias
                if a.weights_zero != 0:
                    total = total + row_terms[r]
                out = apply(total, factors) + a.output_zero
                out = simd.minimum(simd.maximum(out, a.low), a.high)
                tail_buffer = simd.cast(sums + r * width + v * lanes, np.uint8)
                store_first(to + r * a.row_columns + v * lanes, simd.to_u8(out), columns - v * lanes, tail_buffer)

    return finish


def _make_dequantize(lanes: int) -> Device:
    @device
    def finish(a, sums, header, vectors, rows, row, columns, to, row_terms):
        """To float, for rows that were quantized on the way in, each batch with its own scale and zero point.

        Header: sums of the column's weights, bias, scale.
        """
        width = vectors * lanes
        for v in range(vectors):
            at = header + v * lanes
            weight_sums = simd.load(at, lanes)
            bias = simd.load(simd.cast(at + width, np.float32), lanes)
            scale = simd.load(simd.cast(at + 2 * width, np.float32), lanes)
            for r in range(rows):
                batch = (row + r) // a.batch_rows
                total = simd.load(sums + r * width + v * lanes, lanes) - weight_sums * (a.batch_zeros[batch] + a.batch_zero_offset)
                # The reference's two hybrid kernels multiply in different orders, and the next layer may round by the last bit.
                if a.channel_first:
                    out = simd.to_f32(total) * scale * a.batch_scales[batch] + bias
                else:
                    out = simd.to_f32(total) * (scale * a.batch_scales[batch]) + bias
                out = simd.select(out < a.float_low, simd.splat(a.float_low, lanes), out)
                out = simd.select(out > a.float_high, simd.splat(a.float_high, lanes), out)
                tail_buffer = simd.cast(sums + r * width + v * lanes, np.float32)
                store_first(to + r * a.row_columns + v * lanes, out, columns - v * lanes, tail_buffer)

    return finish


def make_q8_variant(module: str, **fields: Any) -> Variant:
    """A variant of these fields with its kernels, which the import of `module` makes."""
    variant = Variant("q8", header_words=HEADER_WORDS, **fields)
    lanes = variant.lanes
    for method, epilogue in EPILOGUES.items():
        variant.kernels[method] = _make_gemm(method, variant, _make_requantize(lanes, epilogue), np.uint8, {}, module)
    variant.kernels["hybrid"] = _make_gemm("hybrid", variant, _make_dequantize(lanes), np.float32, HYBRID_FIELDS, module)
    variant.pack = make_q8_pack(variant, module)
    return variant
