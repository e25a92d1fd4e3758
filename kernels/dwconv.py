"""Depthwise convolution: every output channel sees one input channel.

Works on whole output lines. The input lines that a filter sees are first laid out with their padding (and, where a
channel feeds several, its repetitions), so that no loop has to look for borders; lines that need nothing are read where
they are. Channels go in blocks of `LANES`, the last one moved back to end with the last channel. Weights are packed in
blocks of [bias (and requantization, see epilogues.py)][taps], each a vector of the block's channels. Floats go tap by tap: `separate`
kernels, and the one for any filter, round each product and sum and add the bias last, as the reference does; `fused` ones start with
the bias and round a product and its addition once.
"""

from __future__ import annotations

import numpy as np

from .cpu import target
from .dots import best_dot
from .epilogues import EPILOGUES, HEADER_WORDS, Epilogue
from .kernel import Device, Kernel, device, kernel
from .lazy import simd, tiles
from .patches import copy_over, fill_over
from .tails import store_first

LANES = target().lanes
# Whether square filters sum four taps at once.
GROUPED = best_dot().name == "vnni"
_GROUPED = int(GROUPED)

DWCONV_FIELDS = {
    "input": "u8*", "weights": "u8*", "output": "u8*", "in_h": "i64", "in_w": "i64", "out_h": "i64", "out_w": "i64",
    "filter_h": "i64", "filter_w": "i64", "stride_h": "i64", "stride_w": "i64", "dilation_h": "i64", "dilation_w": "i64",
    "pad_top": "i64", "pad_left": "i64", "pad_right": "i64", "channels": "i64", "multiplier": "i64", "element": "i64",
    "pad_values": "i32*", "pad_value_step": "i64", "blocks": "i64",
}  # fmt: skip


@device
def repeat_channels(to, source, pixels, channels, multiplier, element):
    """Each of `channels` elements of each pixel `multiplier` times."""
    for i in range(pixels * channels):
        for _ in range(multiplier):
            for b in range(element):
                to[b] = source[i * element + b]
            to = to + element


# Scratch holds where the filter's lines lie, then one vector, then the lines that had to be laid out.
SPARE = 64  # bytes of the vector


@device
def lines_size(filter_h):
    """The bytes of the lines' addresses, in whole cache lines."""
    return (filter_h + 7) // 8 * 64


@device
def lay_out_line(a, n, iy, to):
    """Input line `iy` of image `n`, padded and repeated as the filter wants it: where it lies, or copied to `to`."""
    pixel = a.channels * a.element
    pixels = a.pad_left + a.in_w + a.pad_right
    fill = a.pad_values[n * a.pad_value_step]
    if (iy < 0) | (iy >= a.in_h):
        fill_over(to, fill, pixels * pixel)
        return to
    line = a.input + (n * a.in_h + iy) * a.in_w * (pixel // a.multiplier)
    if a.multiplier > 1:
        fill_over(to, fill, a.pad_left * pixel)
        repeat_channels(to + a.pad_left * pixel, line, a.in_w, a.channels // a.multiplier, a.multiplier, a.element)
        fill_over(to + (a.pad_left + a.in_w) * pixel, fill, a.pad_right * pixel)
        return to
    if a.pad_left + a.pad_right == 0:
        return line
    fill_over(to, fill, a.pad_left * pixel)
    copy_over(to + a.pad_left * pixel, line, a.in_w * pixel)
    fill_over(to + (a.pad_left + a.in_w) * pixel, fill, a.pad_right * pixel)
    return to


@device
def line_bytes(a):
    """The scratch that one laid out line takes."""
    return (a.pad_left + a.in_w + a.pad_right) * a.channels * a.element + 64


@device
def lay_out_lines(a, unit, lines, scratch):
    """The addresses of the lines that output line `unit` sees, into `lines`."""
    n = unit // a.out_h
    top = (unit - n * a.out_h) * a.stride_h - a.pad_top
    for fy in range(a.filter_h):
        to = simd.pointer(scratch + fy * line_bytes(a), np.uint8)
        lines[fy] = simd.address(lay_out_line(a, n, top + fy * a.dilation_h, to))


@device
def f32_store(a, sums, to, count, tail_buffer):
    """Clamp and write one block of one pixel."""
    out = simd.select(sums < a.low, simd.splat(a.low, LANES), sums)
    out = simd.select(out > a.high, simd.splat(a.high, LANES), out)
    store_first(to, out, count, tail_buffer)


@kernel("f32_dwconv", **DWCONV_FIELDS, low="f32", high="f32")
def f32_dwconv(a, lo, hi, scratch):
    """Any filter."""
    lines = simd.pointer(scratch, np.int64)
    tail_buffer = simd.pointer(scratch + lines_size(a.filter_h), np.float32)
    taps = a.filter_h * a.filter_w
    for unit in range(lo, hi):
        lay_out_lines(a, unit, lines, scratch + lines_size(a.filter_h) + SPARE)
        for block in range(a.blocks):
            c = max(min(block * LANES, a.channels - LANES), 0)
            weights = simd.cast(a.weights, np.float32) + block * (taps + 1) * LANES
            for x in range(a.out_w):
                sums = simd.splat(np.float32(0), LANES)
                weight = weights + LANES
                for fy in range(a.filter_h):
                    line = simd.pointer(lines[fy], np.float32) + x * a.stride_w * a.channels + c
                    for fx in range(a.filter_w):
                        sums = sums + simd.load(line + fx * a.dilation_w * a.channels, LANES) * simd.load(weight, LANES)
                        weight = weight + LANES
                to = simd.cast(a.output, np.float32) + (unit * a.out_w + x) * a.channels + c
                f32_store(a, sums + simd.load(weights, LANES), to, a.channels - c, tail_buffer)


def _make_store(epilogue: Epilogue) -> Device:
    apply = epilogue.apply

    @device
    def store(a, unit, sums, constants, to, count, tail_buffer):
        """Requantize and write one block of one pixel, by the method of an epilogue."""
        out = apply(sums, constants) + a.output_zero
        out = simd.minimum(simd.maximum(out, a.low), a.high)
        store_first(to, simd.to_u8(out), count, simd.cast(tail_buffer, np.uint8))

    return store


@device
def hybrid_constants(header, width, v):
    """Of a block: minus the sums of the weights, bias, scale."""
    floats = simd.cast(header, np.float32)
    return simd.load(header, LANES), simd.load(floats + LANES, LANES), simd.load(floats + 2 * LANES, LANES)


@device
def hybrid_store(a, unit, sums, constants, to, count, tail_buffer):
    """Scale and write one block of one pixel, for pictures that were quantized on the way in."""
    batch = unit // a.out_h
    # As u8 every value was too large by 128 and by its image's zero point; the sums began with the first constant once already.
    total = sums + constants[0] * (a.batch_zeros[batch] + 127)
    out = simd.to_f32(total) * (constants[2] * a.batch_scales[batch]) + constants[1]
    f32_store(a, out, to, count, simd.cast(tail_buffer, np.float32))


Q8_FIELDS = {**DWCONV_FIELDS, "sign_xor": "i32"}
TO_Q8 = {"output_zero": "i32", "low": "i32", "high": "i32"}
TO_F32 = {"batch_scales": "f32*", "batch_zeros": "i32*", "low": "f32", "high": "f32"}


def _make_q8_any(name: str, read: Device, store: Device, output: type, fields: dict[str, str]) -> Kernel:
    @kernel(name, **Q8_FIELDS, **fields)
    def any_filter(a, lo, hi, scratch):
        """Any filter; weights are s32."""
        lines = simd.pointer(scratch, np.int64)
        tail_buffer = simd.pointer(scratch + lines_size(a.filter_h), np.uint8)
        taps = a.filter_h * a.filter_w
        sign_xors = simd.splat(np.uint8(a.sign_xor), LANES)
        for unit in range(lo, hi):
            lay_out_lines(a, unit, lines, scratch + lines_size(a.filter_h) + SPARE)
            for block in range(a.blocks):
                c = max(min(block * LANES, a.channels - LANES), 0)
                header = simd.cast(a.weights, np.int32) + block * (taps + HEADER_WORDS) * LANES
                bias, constants = simd.load(header, LANES), read(header, LANES, 0)
                to = simd.cast(a.output, output) + unit * a.out_w * a.channels + c
                for x in range(a.out_w):
                    sums = bias
                    weight = header + HEADER_WORDS * LANES
                    for fy in range(a.filter_h):
                        line = simd.pointer(lines[fy], np.uint8) + x * a.stride_w * a.channels + c
                        for fx in range(a.filter_w):
                            tap = simd.load(line + fx * a.dilation_w * a.channels, LANES) ^ sign_xors
                            sums = sums + simd.to_i32(tap) * simd.load(weight, LANES)
                            weight = weight + LANES
                    store(a, unit, sums, constants, to, a.channels - c, tail_buffer)
                    to = to + a.channels

    return any_filter


def _make_f32_square(size: int, method: str) -> Kernel:
    taps, fused = size * size, method == "fused"

    @device
    def window(bias, at, step, weights):
        if fused:
            return tiles.window_fma(bias, at, step, weights)
        return tiles.window_multiply_add(simd.splat(np.float32(0), LANES), at, step, weights) + bias

    @kernel(f"f32_dwconv_{size}x{size}_{method}", **DWCONV_FIELDS, low="f32", high="f32")
    def square(a, lo, hi, scratch):
        lines = simd.pointer(scratch, np.int64)
        tail_buffer = simd.pointer(scratch + lines_size(a.filter_h), np.float32)
        step, advance = a.dilation_w * a.channels, a.stride_w * a.channels
        for unit in range(lo, hi):
            lay_out_lines(a, unit, lines, scratch + lines_size(a.filter_h) + SPARE)
            for block in range(a.blocks):
                c = max(min(block * LANES, a.channels - LANES), 0)
                packed = simd.cast(a.weights, np.float32) + block * (taps + 1) * LANES
                bias = simd.load(packed, LANES)
                weights = tiles.load_row(packed + LANES, taps, LANES)
                at = tiles.move_all(tiles.line_pointers(lines, size, np.float32), c)
                to = simd.cast(a.output, np.float32) + unit * a.out_w * a.channels + c
                for _ in range(a.out_w):
                    f32_store(a, window(bias, at, step, weights), to, a.channels - c, tail_buffer)
                    at = tiles.move_all(at, advance)
                    to = to + a.channels

    return square


def square_vectors(size: int) -> int:
    """The vectors of weights of a square filter: four taps each where the target sums four at once, or one."""
    return -(-size * size // 4) if GROUPED else size * size


def _make_q8_square(size: int, method: str) -> Kernel:
    taps, read, store = square_vectors(size), EPILOGUES[method].constants, _make_store(EPILOGUES[method])

    @kernel(f"q8_dwconv_{size}x{size}_{method}", **Q8_FIELDS, **TO_Q8)
    def square(a, lo, hi, scratch):
        lines = simd.pointer(scratch, np.int64)
        tail_buffer = simd.pointer(scratch + lines_size(a.filter_h), np.uint8)
        step, advance = a.dilation_w * a.channels, a.stride_w * a.channels
        for unit in range(lo, hi):
            lay_out_lines(a, unit, lines, scratch + lines_size(a.filter_h) + SPARE)
            for block in range(a.blocks):
                c = max(min(block * LANES, a.channels - LANES), 0)
                header = simd.cast(a.weights, np.int32) + block * (taps + HEADER_WORDS) * LANES
                bias, constants = simd.load(header, LANES), read(header, LANES, 0)
                weights = tiles.load_row(header + HEADER_WORDS * LANES, taps, LANES)
                at = tiles.move_all(tiles.line_pointers(lines, size, np.uint8), c)
                to = a.output + unit * a.out_w * a.channels + c
                for _ in range(a.out_w):
                    sums = tiles.window_dot(bias, at, step, a.sign_xor, weights, _GROUPED)
                    store(a, unit, sums, constants, to, a.channels - c, tail_buffer)
                    at = tiles.move_all(at, advance)
                    to = to + a.channels

    return square


SQUARES = (3, 5)
# By size, or 0 for any filter, and by method: of rounding floats ("fused" or "separate", as in f32_gemm.py), or of requantization.
f32_dwconvs = {(size, method): _make_f32_square(size, method) for size in SQUARES for method in ("fused", "separate")}
q8_dwconvs = {(size, method): _make_q8_square(size, method) for size in SQUARES for method in EPILOGUES}
q8_dwconvs |= {
    (0, method): _make_q8_any(f"q8_dwconv_{method}", epilogue.constants, _make_store(epilogue), np.uint8, TO_Q8)
    for method, epilogue in EPILOGUES.items()
}
q8_dwconv_hybrid = _make_q8_any("q8_dwconv_hybrid", hybrid_constants, hybrid_store, np.float32, TO_F32)
