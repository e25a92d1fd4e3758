"""Normalizations along the last dimension; a unit of work is a row of `depth`."""

from __future__ import annotations

import numpy as np

from .cpu import target
from .fixed_point import inverse_square_root, multiply_by_quantized_multiplier, multiply_high, rounding_divide_by_power
from .kernel import Kernel, kernel
from .lazy import simd
from .tails import load_first, store_first
from .vmath_double import vpow

LANES = target().lanes


@kernel("f32_l2_norm", input="f32*", output="f32*", depth="i64", least="f32")
def f32_l2_norm(a, lo, hi, scratch):
    """Over the square root of the sum of squares, which is taken in order, or over `least` if that is larger."""
    tail_buffer = simd.pointer(scratch, np.float32)
    for row in range(lo, hi):
        x, y = a.input + row * a.depth, a.output + row * a.depth
        total = np.float32(0)
        for c in range(a.depth):
            total += x[c] * x[c]
        norm = np.float32(np.sqrt(total))
        norms = simd.splat(a.least if norm < a.least else norm, LANES)
        for c in range(0, a.depth, LANES):
            store_first(y + c, simd.load(x + c, LANES) / norms, a.depth - c, tail_buffer)


def _make_q8_l2_norm(name: str, element: str, least: int) -> Kernel:
    unsigned = least == 0

    @kernel(name, input=element + "*", output=element + "*", depth="i64", zero="i32")
    def l2_norm(a, lo, hi, scratch):
        """To 1/128ths; the reference rounds UINT8 another way than INT8."""
        for row in range(lo, hi):
            x, y = a.input + row * a.depth, a.output + row * a.depth
            total = np.int64(0)
            for c in range(a.depth):
                total += (np.int64(x[c]) - a.zero) * (np.int64(x[c]) - a.zero)
            multiplier, right = inverse_square_root(np.int32(min(total, np.int64(2**31 - 1))))
            for c in range(a.depth):
                centered = np.int32(x[c]) - a.zero
                if unsigned:
                    result = np.int64(rounding_divide_by_power(multiply_high(np.int32(128 * centered), multiplier), right)) + 128
                else:
                    result = np.int64(multiply_by_quantized_multiplier(np.int32(centered), multiplier, 7 - right))
                y[c] = min(max(result, least), least + 255)

    return l2_norm


q8_l2_norm = {"UINT8": _make_q8_l2_norm("u8_l2_norm", "u8", 0), "INT8": _make_q8_l2_norm("i8_l2_norm", "i8", -128)}


@kernel("f32_lrn", input="f32*", output="f32*", depth="i64", radius="i64", bias="f32", alpha="f32", beta="f32")
def f32_lrn(a, lo, hi, scratch):
    """x (bias + alpha s)^-beta, s being the sum of squares of up to `radius` channels before, x itself, and as many behind.

    Scratch: depth + 2 radius numbers and two vectors.
    """
    tail_buffer = simd.pointer(scratch, np.float32)
    squares = tail_buffer + LANES
    for row in range(lo, hi):
        x, y = a.input + row * a.depth, a.output + row * a.depth
        for c in range(a.radius):
            squares[c] = 0
            squares[a.radius + a.depth + c] = 0
        for c in range(a.depth):
            squares[a.radius + c] = x[c] * x[c]
        for c in range(0, a.depth, LANES):
            total = simd.splat(np.float32(0), LANES)
            for i in range(2 * a.radius + 1):
                total = total + simd.load(squares + c + i, LANES)
            scale = vpow(total * a.alpha + a.bias, simd.splat(-a.beta, LANES))
            store_first(y + c, load_first(x + c, a.depth - c, np.float32(0)) * scale, a.depth - c, tail_buffer)
