"""Comparisons and logic of two operands with broadcasting, and the choice between two: results are bytes 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .binary import BLOCK, LANES, MAX_OUTER, make_binary
from .elements import ELEMENTS, NUMBERS
from .fixed_point import requantize
from .kernel import Device, Kernel, device, kernel
from .lazy import simd
from .tails import store_first

RESCALE = {f"{operand}_{part}": "i32" for operand in ("x", "y") for part in ("zero", "multiplier", "left", "right")}


def make_comparison(name: str, element: str, formula: Device, fields: dict[str, str]) -> Kernel:
    """A kernel of a formula on vectors: formula(a, x, y) -> mask."""

    @device
    def as_bytes(a, x, y):
        return simd.select(formula(a, x, y), simd.splat(np.uint8(1), LANES), simd.splat(np.uint8(0), LANES))

    return make_binary(name, element, "u8", as_bytes, fields)


@device
def equal(a, x, y):
    return x == y


@device
def not_equal(a, x, y):
    return x != y


@device
def less(a, x, y):
    return x < y


@device
def less_equal(a, x, y):
    return x <= y


@device
def greater(a, x, y):
    return x > y


@device
def greater_equal(a, x, y):
    return x >= y


@device
def both(a, x, y):
    return (x & y) != simd.splat(np.uint8(0), LANES)


@device
def either(a, x, y):
    return (x | y) != simd.splat(np.uint8(0), LANES)


def _rescaled(formula: Device) -> Device:
    """The same of quantized operands: with 8 tail_buffer bits, at a scale of 1."""

    @device
    def compare(a, x, y):
        dx, dy = (simd.to_i32(x) - a.x_zero) << 8, (simd.to_i32(y) - a.y_zero) << 8
        dx = requantize(dx, simd.splat(a.x_multiplier, LANES), simd.splat(a.x_left, LANES), simd.splat(a.x_right, LANES))
        dy = requantize(dy, simd.splat(a.y_multiplier, LANES), simd.splat(a.y_left, LANES), simd.splat(a.y_right, LANES))
        return formula(a, dx, dy)

    return compare


_EQUALITIES = {"EQUAL": equal, "NOT_EQUAL": not_equal}
_ORDERS = {"LESS": less, "LESS_EQUAL": less_equal, "GREATER": greater, "GREATER_EQUAL": greater_equal}
_NUMBERS = ("FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64")


def _stored(code: str, formula: Device, types: Sequence[str]) -> dict[str, Kernel]:
    return {type: make_comparison(f"{type.lower()}_{code.lower()}", ELEMENTS[type], formula, {}) for type in types}


def _quantized(code: str, formula: Device, types: Sequence[str]) -> dict[str, Kernel]:
    return {type: make_comparison(f"q_{type.lower()}_{code.lower()}", ELEMENTS[type], _rescaled(formula), RESCALE) for type in types}


# operator -> type -> kernel: of stored values, and of quantized ones
COMPARISONS: dict[str, dict[str, Kernel]] = {
    **{code: _stored(code, formula, (*_NUMBERS, "BOOL")) for code, formula in _EQUALITIES.items()},
    **{code: _stored(code, formula, _NUMBERS) for code, formula in _ORDERS.items()},
    "LOGICAL_AND": _stored("LOGICAL_AND", both, ["BOOL"]),
    "LOGICAL_OR": _stored("LOGICAL_OR", either, ["BOOL"]),
}
QUANTIZED: dict[str, dict[str, Kernel]] = {
    **{code: _quantized(code, formula, ("INT8", "UINT8", "INT16")) for code, formula in _EQUALITIES.items()},
    **{code: _quantized(code, formula, ("INT8", "UINT8")) for code, formula in _ORDERS.items()},
}


@device
def offset(a, strides, step, unit):
    """Where an operand's part of block `unit` starts."""
    blocks = (a.run + BLOCK - 1) // BLOCK
    rest = unit // blocks
    at = (unit - rest * blocks) * BLOCK * step
    for d in range(a.outer - 1, -1, -1):
        above = rest // a.dims[d]
        at += (rest - above * a.dims[d]) * strides[d]
        rest = above
    return at


@device
def operand(p, step, i):
    """A vector of an operand that moves along or stands still."""
    return simd.splat(p[0], LANES) if step == 0 else simd.load(p + i, LANES)


def _make_select(element: str) -> Kernel:
    walks = {f"{which}_strides": f"i64[{MAX_OUTER}]" for which in ("condition", "x", "y")}
    steps = {f"{which}_step": "i64" for which in ("condition", "x", "y")}
    spare_type = NUMBERS[element]

    @kernel(
        f"{element}_select", condition="u8*", x=element + "*", y=element + "*", out=element + "*", outer="i64",
        dims=f"i64[{MAX_OUTER}]", run="i64", **walks, **steps,
    )  # fmt: skip
    def select(a, lo, hi, scratch):
        """out = x where the condition is not 0, else y; units are blocks, as in kernels/binary.py."""
        tail_buffer = simd.pointer(scratch, spare_type)
        blocks = (a.run + BLOCK - 1) // BLOCK
        for unit in range(lo, hi):
            condition = a.condition + offset(a, a.condition_strides, a.condition_step, unit)
            x = a.x + offset(a, a.x_strides, a.x_step, unit)
            y = a.y + offset(a, a.y_strides, a.y_step, unit)
            row = unit // blocks
            start = (unit - row * blocks) * BLOCK
            out, count = a.out + row * a.run + start, min(a.run - start, BLOCK)
            for first in range(0, count, LANES):
                i = max(min(first, count - LANES), 0)
                chosen = operand(condition, a.condition_step, i) != 0
                store_first(out + i, simd.select(chosen, operand(x, a.x_step, i), operand(y, a.y_step, i)), count - i, tail_buffer)

    return select


# bytes of an element -> kernel
SELECT = {size: _make_select(f"u{8 * size}") for size in (1, 2, 4, 8)}
