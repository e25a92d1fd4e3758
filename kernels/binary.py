"""Functions of two operands, element by element, with broadcasting.

An operand that repeats along a dimension has stride 0 there. The innermost dimension is a run: both operands move
through it, or one of them stands still. Work is counted in blocks of at most BLOCK elements of a run.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .cpu import target
from .ends import store_first
from .fixed_point import multiply_high, reciprocal, requantize, rounding_divide_by_power
from .kernel import Device, Kernel, device, kernel
from .lazy import simd
from .scalar_math import float_fmod, float_power, floor_number

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
    spare_type = getattr(np, {"f32": "float32", "u8": "uint8", "i8": "int8", "i32": "int32", "i64": "int64"}[output])

    @kernel(name, x=element + "*", y=element + "*", out=output + "*", **BINARY_FIELDS, **fields)
    def binary(a, lo, hi, scratch):
        spare = simd.pointer(scratch, spare_type)
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
                store_first(out + i, result, count - i, spare)

    return binary


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
    return simd.select(x > y, x, y)


@device
def smaller(a, x, y):
    return simd.select(x < y, x, y)


@device
def prelu(a, x, y):
    return simd.select(x < simd.splat(np.float32(0), LANES), x * y, x)


# Integer division towards zero, on numbers: a vector may hold zeros behind its end.


@device
def div_integers(a, x, y):
    if y == 0:
        return x, False
    # In 64 bits, where the least int32 over -1 does not overflow.
    quotient = np.int64(abs(np.int64(x)) // abs(np.int64(y)))
    if (x < 0) != (y < 0):
        quotient = -quotient
    return np.int32(min(max(quotient, np.int64(a.low)), np.int64(a.high))), True


@device
def floor_div_float(a, x, y):
    return np.float32(floor_number(np.float64(np.float32(x / y)))), y != 0


@device
def floor_div_integers(a, x, y):
    if y == 0:
        return x, False
    quotient = abs(np.int64(x)) // abs(np.int64(y))
    if (x < 0) != (y < 0):
        quotient = -(quotient + (1 if quotient * abs(np.int64(y)) != abs(np.int64(x)) else 0))
    return quotient, True


@device
def floor_mod_float(a, x, y):
    rest = float_fmod(x, y)
    if rest != 0 and (rest < 0) != (y < 0):
        rest = np.float32(rest + y)
    return rest, y != 0


@device
def floor_mod_integers(a, x, y):
    if y == 0:
        return x, False
    rest = abs(np.int64(x)) % abs(np.int64(y))
    rest = -rest if x < 0 else rest
    if rest != 0 and (rest < 0) != (y < 0):
        rest += np.int64(y)
    return rest, True


@device
def power_float(a, x, y):
    return float_power(x, y), True


@device
def power_integers(a, x, y):
    """By squaring; the reference takes no negative exponent."""
    if y < 0:
        return x, False
    result, base, rest = np.int32(1), np.int32(x), np.int32(y)
    while rest > 0:
        if rest & 1:
            result = np.int32(result * base)
        base = np.int32(base * base)
        rest = rest >> 1
    return result, True


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
    """At the common scale with 7 spare bits, squared."""
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
    # The sign bits that x has to spare, as gemmlowp counts them.
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


def _plain(name: str, formula: Device) -> dict[str, Kernel]:
    """For all types alike, on stored values."""
    return {
        kind: make_binary(f"{element}_{name}", element, element, formula, {})
        for kind, element in (("FLOAT32", "f32"), ("INT8", "i8"), ("UINT8", "u8"), ("INT32", "i32"), ("INT64", "i64"))
    }


def _numbers(name: str, floats: Device, integers: Device) -> dict[str, Kernel]:
    return {
        type: make_scalar_binary(f"{element}_{name}", element, floats if element == "f32" else integers, {})
        for type, element in (("FLOAT32", "f32"), ("INT32", "i32"), ("INT64", "i64"))
    }


# operator -> type -> kernel
BINARY: dict[str, dict[str, Any]] = {
    "ADD": {"FLOAT32": _floats("add", add, CLAMP), **_q8("add", q8_add, RESCALE), **_integers("add", add, True)},
    "SUB": {"FLOAT32": _floats("sub", sub, CLAMP), **_q8("sub", q8_sub, RESCALE), **_integers("sub", sub, True)},
    "MUL": {"FLOAT32": _floats("mul", mul, CLAMP), **_q8("mul", q8_mul, RESCALE), **_integers("mul", mul, True)},
    "DIV": {
        "FLOAT32": _floats("div", div, CLAMP),
        "INT32": make_scalar_binary("i32_div", "i32", div_integers, CLAMP_I32),
        "UINT8": make_scalar_binary("u8_div", "u8", q8_div, RESCALE),
        "INT8": make_scalar_binary("i8_div", "i8", q8_div, RESCALE),
    },
    "MAXIMUM": _plain("maximum", larger),
    "MINIMUM": _plain("minimum", smaller),
    "SQUARED_DIFFERENCE": {
        "FLOAT32": _floats("squared_difference", squared_difference, {}),
        "INT32": make_binary("i32_squared_difference", "i32", "i32", squared_difference, {}),
        "INT8": make_binary("i8_squared_difference", "i8", "u8", q8_squared_difference, RESCALE),
    },
    "FLOOR_DIV": _numbers("floor_div", floor_div_float, floor_div_integers),
    "FLOOR_MOD": _numbers("floor_mod", floor_mod_float, floor_mod_integers),
    "POW": {
        "FLOAT32": make_scalar_binary("f32_pow", "f32", power_float, {}),
        "INT32": make_scalar_binary("i32_pow", "i32", power_integers, {}),
    },
    "PRELU": {"FLOAT32": _floats("prelu", prelu, {}), **_q8("prelu", q8_prelu, {**RESCALE, "x_left": "i32"})},
}
