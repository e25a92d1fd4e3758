"""Functions of two operands, element by element, with broadcasting.

An operand that repeats along a dimension has stride 0 there. The innermost dimension is a run: both operands move
through it, or one of them stands still. Work is counted in blocks of at most BLOCK elements of a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .cpu import target
from .elements import ELEMENTS, NUMBERS
from .fixed_point import multiply_high, reciprocal, requantize, rounding_divide_by_power
from .kernel import Device, Kernel, device, kernel
from .lazy import simd
from .tails import store_first
from .vmath_double import vatan2, vpow

LANES = target().lanes
BLOCK = 4096
MAX_OUTER = 8

BINARY_FIELDS = {
    "outer": "i64", "dims": f"i64[{MAX_OUTER}]", "x_strides": f"i64[{MAX_OUTER}]", "y_strides": f"i64[{MAX_OUTER}]", "run": "i64",
    "x_step": "i64", "y_step": "i64",
}  # fmt: skip
CLAMP = {"low": "f32", "high": "f32"}
CLAMP_I32 = {"low": "i32", "high": "i32"}
CLAMP_I64 = {"low": "i64", "high": "i64"}
RESCALE = {
    "x_zero": "i32", "y_zero": "i32", "out_zero": "i32", "x_multiplier": "i32", "x_right": "i32", "y_multiplier": "i32",
    "y_right": "i32", "out_multiplier": "i32", "out_left": "i32", "out_right": "i32", "low": "i32", "high": "i32",
}  # fmt: skip


@device
def locate(a, unit):
    """Where block `unit` starts: offsets in x, y and the output, and its length."""
    blocks = (a.run + BLOCK - 1) // BLOCK
    row = unit // blocks
    start = (unit - row * blocks) * BLOCK
    at_x, at_y = start * a.x_step, start * a.y_step
    rest = row
    for d in range(a.outer - 1, -1, -1):
        above = rest // a.dims[d]
        index = rest - above * a.dims[d]
        at_x += index * a.x_strides[d]
        at_y += index * a.y_strides[d]
        rest = above
    return at_x, at_y, row * a.run + start, min(a.run - start, BLOCK)


def make_binary(name: str, element: str, output: str, formula: Device, fields: dict[str, str]) -> Kernel:
    """A kernel of a formula on vectors: formula(a, x, y) -> vector of the output's type."""
    spare_type = NUMBERS[output]

    def binary(a, lo, hi, scratch):
        tail_buffer = simd.pointer(scratch, spare_type)
        for unit in range(lo, hi):
            at_x, at_y, at_out, count = locate(a, unit)
            x, y, out = a.x + at_x, a.y + at_y, a.out + at_out
            for first in range(0, count, LANES):
                # The last vector moves back to end with the run; one that is shorter than a vector is cut.
                i = max(min(first, count - LANES), 0)
                if a.x_step == 0:
                    result = formula(a, simd.splat(x[0], LANES), simd.load(y + i, LANES))
                elif a.y_step == 0:
                    result = formula(a, simd.load(x + i, LANES), simd.splat(y[0], LANES))
                else:
                    result = formula(a, simd.load(x + i, LANES), simd.load(y + i, LANES))
                store_first(out + i, result, count - i, tail_buffer)

    binary.__module__ = formula.function.__module__  # whose import makes this kernel
    return kernel(name, x=element + "*", y=element + "*", out=output + "*", **BINARY_FIELDS, **fields)(binary)


@kernel("lookup_pairs", x="u8*", y="u8*", out="u8*", table="u8*", rest="u8*", period="i64", whole="i64", **BINARY_FIELDS)
def lookup_pairs(a, lo, hi, scratch):
    """out = table[x, y]: any function of two numbers of 8 bits. Of every `period` results those behind the first `whole` are of `rest`."""
    for unit in range(lo, hi):
        at_x, at_y, at_out, count = locate(a, unit)
        x, y, out = a.x + at_x, a.y + at_y, a.out + at_out
        place = at_out % a.period
        for i in range(count):
            pair = np.int64(x[i * a.x_step]) * 256 + y[i * a.y_step]
            out[i] = a.table[pair] if place < a.whole else a.rest[pair]
            place = place + 1 if place + 1 < a.period else 0


def make_scalar_binary(name: str, element: str, formula: Device, fields: dict[str, str]) -> Kernel:
    """The same of a formula on numbers, which may refuse: formula(a, x, y) -> (result, whether it is one)."""

    @kernel(name, x=element + "*", y=element + "*", out=element + "*", **BINARY_FIELDS, **fields)
    def binary(a, lo, hi, scratch):
        for unit in range(lo, hi):
            at_x, at_y, at_out, count = locate(a, unit)
            x, y, out = a.x + at_x, a.y + at_y, a.out + at_out
            for i in range(count):
                result, good = formula(a, x[i * a.x_step], y[i * a.y_step])
                if not good:
                    return 1
                out[i] = result
        return 0

    return binary


@device
def clamp(a, x):
    """Into low..high; NaN stays NaN."""
    x = simd.select(x < a.low, simd.splat(a.low, LANES), x)
    return simd.select(x > a.high, simd.splat(a.high, LANES), x)


@device
def add(a, x, y):
    return clamp(a, x + y)


@device
def sub(a, x, y):
    return clamp(a, x - y)


@device
def mul(a, x, y):
    return clamp(a, x * y)


@device
def div(a, x, y):
    return clamp(a, x / y)


@device
def squared_difference(a, x, y):
    return (x - y) * (x - y)


@device
def larger(a, x, y):
    return simd.maximum(x, y)


@device
def smaller(a, x, y):
    return simd.minimum(x, y)


@device
def prelu(a, x, y):
    return simd.select(x < simd.splat(np.float32(0), LANES), x * y, x)


@device
def power(a, x, y):
    return vpow(x, y)


@device
def atan2(a, y, x):
    return vatan2(y, x)


@device
def exclusive_or(a, x, y):
    return x ^ y


def _right_shift(bits: int) -> Device:
    """By no less than nothing and no more than all bits but one; a sign is drawn along."""

    @device
    def shift(a, x, y):
        return x >> simd.minimum(simd.maximum(y, 0), bits - 1)

    return shift


# ---- on numbers: a vector may hold zeros behind its end, by which nothing may be divided


@device
def div_integers(a, x, y):
    """Towards zero, clamped; the least number over -1 stays itself where there is none larger."""
    if y == 0:
        return np.int64(0), False
    if y == -1:
        quotient = -np.int64(x)
    else:
        quotient = np.int64(x) // np.int64(y)
        if quotient < 0 and quotient * np.int64(y) != np.int64(x):
            quotient += 1
    return min(max(quotient, np.int64(a.low)), np.int64(a.high)), True


@device
def floor_div_integers(a, x, y):
    if y == 0:
        return np.int64(0), False
    return -np.int64(x) if y == -1 else np.int64(x) // np.int64(y), True


@device
def floor_div_short(a, x, y):
    """Of up to 32 bits, by double: no quotient is so near to a whole number that it rounds up to it."""
    if y == 0:
        return np.int64(0), False
    return np.int64(np.floor(np.float64(x) / np.float64(y))), True


@device
def floor_div_float(a, x, y):
    return np.float32(np.floor(np.float64(x) / np.float64(y))), y != 0


@device
def floor_mod_integers(a, x, y):
    """With the sign of y."""
    if y == 0:
        return np.int64(0), False
    return np.int64(0) if y == -1 else np.int64(x) % np.int64(y), True


@device
def floor_mod_float(a, x, y):
    """What is left of x in steps of y, exactly, with y's sign; NaN if there are none, or no end of them."""
    rest, size = abs(np.float64(x)), abs(np.float64(y))
    if not (size > 0.0 and rest < np.inf):
        return np.float32(np.nan), True
    if size < np.inf:
        step = size
        while step * 2.0 <= rest:
            step = step * 2.0
        while step >= size:
            if rest >= step:
                rest -= step
            step = step * 0.5
    result = np.float32(-rest) if simd.bits_of_float(x) >> 31 else np.float32(rest)
    if rest != 0.0 and (x < 0) != (y < 0):
        result = np.float32(result + y)
    return result, True


@device
def power_integers(a, x, y):
    """The least int32 stands for all powers that are none, as x86 converts what C's pow makes. No exponent may be negative."""
    if y < 0:
        return np.int32(0), False
    if y > 31 and abs(np.int64(x)) > 1:
        return np.int32(-(2**31)), True
    result, least, largest = np.int64(1), np.int64(-(2**31)), np.int64(2**31 - 1)
    # What is beyond 31 changes only the sign.
    for _ in range(y if y <= 31 else 30 + (y & 1)):
        result = result * np.int64(x)
        if result < least or result > largest:
            return np.int32(-(2**31)), True
    return np.int32(result), True


@device
def broadcast_sizes(a, x, y):
    return (y if x == 1 else x), (x == 1) | (y == 1) | (x == y)


# ---- quantized to 8 bits: add and subtract at a common scale, multiply, divide


@device
def rescale(x, zero, multiplier, right):
    """(x - zero) * 2^20 at the common scale."""
    return requantize(
        (simd.to_i32(x) - zero) << 20, simd.splat(multiplier, LANES), simd.splat(np.int32(0), LANES), simd.splat(right, LANES)
    )


@device
def to_output(a, total):
    """At the output's scale, with its zero point, clamped."""
    out = requantize(total, simd.splat(a.out_multiplier, LANES), simd.splat(a.out_left, LANES), simd.splat(a.out_right, LANES))
    return simd.to_u8(simd.minimum(simd.maximum(out + a.out_zero, a.low), a.high))


@device
def q8_add(a, x, y):
    return to_output(a, rescale(x, a.x_zero, a.x_multiplier, a.x_right) + rescale(y, a.y_zero, a.y_multiplier, a.y_right))


@device
def q8_sub(a, x, y):
    return to_output(a, rescale(x, a.x_zero, a.x_multiplier, a.x_right) - rescale(y, a.y_zero, a.y_multiplier, a.y_right))


@device
def q8_mul(a, x, y):
    return to_output(a, (simd.to_i32(x) - a.x_zero) * (simd.to_i32(y) - a.y_zero))


@device
def q8_squared_difference(a, x, y):
    """At the common scale with 7 tail_buffer bits, squared."""
    zeros = simd.splat(np.int32(0), LANES)
    dx = requantize((simd.to_i32(x) - a.x_zero) << 7, simd.splat(a.x_multiplier, LANES), zeros, simd.splat(a.x_right, LANES))
    dy = requantize((simd.to_i32(y) - a.y_zero) << 7, simd.splat(a.y_multiplier, LANES), zeros, simd.splat(a.y_right, LANES))
    return to_output(a, (dx - dy) * (dx - dy))


@device
def q8_prelu(a, x, y):
    """x at the output's scale by (x_multiplier, x_left, x_right); below zero, x times y by (out_*)."""
    dx = simd.to_i32(x) - a.x_zero
    kept = requantize(dx, simd.splat(a.x_multiplier, LANES), simd.splat(a.x_left, LANES), simd.splat(a.x_right, LANES))
    scaled = requantize(
        dx * (simd.to_i32(y) - a.y_zero), simd.splat(a.out_multiplier, LANES), simd.splat(a.out_left, LANES),
        simd.splat(a.out_right, LANES),
    )  # fmt: skip
    out = simd.select(dx < simd.splat(np.int32(0), LANES), scaled, kept) + a.out_zero
    return simd.to_u8(simd.minimum(simd.maximum(out, a.low), a.high))


@device
def q8_div(a, x, y):
    """The reference's fixed-point reciprocal. A divisor at its zero point is refused."""
    dx, dy = np.int32(x) - a.x_zero, np.int32(y) - a.y_zero
    if dy == 0:
        return x, False
    if dy < 0:
        dx, dy = -dx, -dy
    zeros = simd.leading_zeros(np.int32(dy))
    inverse = reciprocal(np.int32((np.int64(dy) << zeros) - (1 << 31)))
    # The sign bits that x has to tail_buffer, as gemmlowp counts them.
    if dx >= 0:
        headroom = simd.leading_zeros(np.int32(dx)) - 1
    else:
        headroom = simd.leading_zeros(np.int32(2 * -dx - 1))
    quotient = multiply_high(np.int32(dx << headroom), inverse)
    # The factor's own shift, the reciprocal's, and what x was moved by; beyond 31 bits nothing is left.
    right = a.out_right - a.out_left + 31 - zeros + headroom
    scaled = np.int64(0)
    if right < 0:
        scaled = np.int64(multiply_high(quotient, a.out_multiplier)) << min(-right, 31)
    elif right <= 31:
        scaled = np.int64(rounding_divide_by_power(multiply_high(quotient, a.out_multiplier), right))
    return min(max(scaled + a.out_zero, np.int64(a.low)), np.int64(a.high)), True


def _floats(name: str, formula: Device, fields: dict[str, str]) -> Kernel:
    return make_binary(f"f32_{name}", "f32", "f32", formula, fields)


def _q8(name: str, formula: Device, fields: dict[str, str]) -> dict[str, Kernel]:
    # The output's bits are the same whether its 8 bits have a sign.
    return {
        "UINT8": make_binary(f"u8_{name}", "u8", "u8", formula, fields),
        "INT8": make_binary(f"i8_{name}", "i8", "u8", formula, fields),
    }


def _integers(name: str, formula: Device, clamped: bool) -> dict[str, Kernel]:
    return {
        "INT32": make_binary(f"i32_{name}", "i32", "i32", formula, CLAMP_I32 if clamped else {}),
        "INT64": make_binary(f"i64_{name}", "i64", "i64", formula, CLAMP_I64 if clamped else {}),
    }


def _plain(name: str, formula: Device, types: Sequence[str]) -> dict[str, Kernel]:
    """For all types alike, on stored values."""
    return {type: make_binary(f"{ELEMENTS[type]}_{name}", ELEMENTS[type], ELEMENTS[type], formula, {}) for type in types}


def _divisions(name: str, floats: Device, short: Device, long: Device) -> dict[str, Kernel]:
    formulas = {"FLOAT32": floats, "INT8": short, "INT16": short, "INT32": short, "INT64": long}
    return {type: make_scalar_binary(f"{ELEMENTS[type]}_{name}", ELEMENTS[type], formula, {}) for type, formula in formulas.items()}


_STORED = ("FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64")
_BITS = ("INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64")


# operator -> type -> kernel
BINARY: dict[str, dict[str, Any]] = {
    "ADD": {"FLOAT32": _floats("add", add, CLAMP), **_q8("add", q8_add, RESCALE), **_integers("add", add, True)},
    "SUB": {"FLOAT32": _floats("sub", sub, CLAMP), **_q8("sub", q8_sub, RESCALE), **_integers("sub", sub, True)},
    "MUL": {"FLOAT32": _floats("mul", mul, CLAMP), **_q8("mul", q8_mul, RESCALE), **_integers("mul", mul, True)},
    "DIV": {
        "FLOAT32": _floats("div", div, CLAMP),
        "INT32": make_scalar_binary("i32_div", "i32", div_integers, CLAMP_I32),
        "INT64": make_scalar_binary("i64_div", "i64", div_integers, CLAMP_I64),
        "UINT8": make_scalar_binary("u8_div", "u8", q8_div, RESCALE),
        "INT8": make_scalar_binary("i8_div", "i8", q8_div, RESCALE),
    },
    "MAXIMUM": _plain("maximum", larger, _STORED),
    "MINIMUM": _plain("minimum", smaller, _STORED),
    "SQUARED_DIFFERENCE": {
        "FLOAT32": _floats("squared_difference", squared_difference, {}),
        **_plain("squared_difference", squared_difference, ("INT32", "INT64")),
        "INT8": make_binary("i8_squared_difference", "i8", "u8", q8_squared_difference, RESCALE),
    },
    "FLOOR_DIV": _divisions("floor_div", floor_div_float, floor_div_short, floor_div_integers),
    "FLOOR_MOD": _divisions("floor_mod", floor_mod_float, floor_mod_integers, floor_mod_integers),
    "POW": {"FLOAT32": _floats("pow", power, {}), "INT32": make_scalar_binary("i32_pow", "i32", power_integers, {})},
    "ATAN2": {"FLOAT32": _floats("atan2", atan2, {})},
    "BROADCAST_ARGS": {
        type: make_scalar_binary(f"{ELEMENTS[type]}_broadcast_args", ELEMENTS[type], broadcast_sizes, {}) for type in ("INT32", "INT64")
    },
    "BITWISE_XOR": _plain("bitwise_xor", exclusive_or, _BITS),
    "RIGHT_SHIFT": {
        type: make_binary(f"{element}_right_shift", element, element, _right_shift(int(element[1:])), {})
        for type, element in ((type, ELEMENTS[type]) for type in _BITS)
    },
    "PRELU": {"FLOAT32": _floats("prelu", prelu, {}), **_q8("prelu", q8_prelu, {**RESCALE, "x_left": "i32"})},
}
