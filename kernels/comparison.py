"""Comparisons and logic of two operands with broadcasting, and the choice between two: results are bytes 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from .binary import BINARY_FIELDS, LANES, MAX_OUTER, locate
from .ends import store_first
from .fixed_point import requantize
from .kernel import Device, Kernel, device, kernel
from .lazy import simd

ELEMENTS = {"FLOAT32": "f32", "INT32": "i32", "INT64": "i64", "INT8": "i8", "UINT8": "u8", "BOOL": "u8"}
RESCALE = {"x_zero": "i32", "y_zero": "i32", "x_multiplier": "i32", "x_right": "i32", "y_multiplier": "i32", "y_right": "i32"}


def make_comparison(name: str, element: str, formula: Device, fields: dict[str, str]) -> Kernel:
    """A kernel of a formula on vectors: formula(a, x, y) -> mask."""

    @kernel(name, x=element + "*", y=element + "*", out="u8*", **BINARY_FIELDS, **fields)
    def comparison(a, lo, hi, scratch):
        spare = simd.pointer(scratch, np.uint8)
        ones, zeros = simd.splat(np.uint8(1), LANES), simd.splat(np.uint8(0), LANES)
        for unit in range(lo, hi):
            at_x, at_y, at_out, count = locate(a, unit)
            x, y, out = a.x + at_x, a.y + at_y, a.out + at_out
            for first in range(0, count, LANES):
                i = max(min(first, count - LANES), 0)
                if a.x_step == 0:
                    mask = formula(a, simd.splat(x[0], LANES), simd.load(y + i, LANES))
                elif a.y_step == 0:
                    mask = formula(a, simd.load(x + i, LANES), simd.splat(y[0], LANES))
                else:
                    mask = formula(a, simd.load(x + i, LANES), simd.load(y + i, LANES))
                store_first(out + i, simd.select(mask, ones, zeros), count - i, spare)

    return comparison


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
    """The same of quantized operands: with 8 spare bits, at a scale of 1."""

    @device
    def compare(a, x, y):
        none = simd.splat(np.int32(0), LANES)
        dx = requantize((simd.to_i32(x) - a.x_zero) << 8, simd.splat(a.x_multiplier, LANES), none, simd.splat(a.x_right, LANES))
        dy = requantize((simd.to_i32(y) - a.y_zero) << 8, simd.splat(a.y_multiplier, LANES), none, simd.splat(a.y_right, LANES))
        return formula(a, dx, dy)

    return compare


_FORMULAS = {
    "EQUAL": equal, "NOT_EQUAL": not_equal, "LESS": less, "LESS_EQUAL": less_equal, "GREATER": greater, "GREATER_EQUAL": greater_equal,
}  # fmt: skip
_PLAIN = ("FLOAT32", "INT32", "INT64")


def _kernels(code: str, formula: Device) -> dict[str, Kernel]:
    name = code.lower()
    types = (*_PLAIN, "BOOL") if code in ("EQUAL", "NOT_EQUAL") else _PLAIN
    made = {type: make_comparison(f"{type.lower()}_{name}", ELEMENTS[type], formula, {}) for type in types}
    made |= {type: make_comparison(f"q_{ELEMENTS[type]}_{name}", ELEMENTS[type], _rescaled(formula), RESCALE) for type in ("INT8", "UINT8")}
    return made


# operator -> type -> kernel
COMPARISONS: dict[str, dict[str, Any]] = {code: _kernels(code, formula) for code, formula in _FORMULAS.items()}
COMPARISONS |= {
    "LOGICAL_AND": {"BOOL": make_comparison("logical_and", "u8", both, {})},
    "LOGICAL_OR": {"BOOL": make_comparison("logical_or", "u8", either, {})},
}


def _make_select(bits: int) -> Kernel:
    element = f"u{bits}" if bits < 32 else f"i{bits}"
    fields = {f"{which}_strides": f"i64[{MAX_OUTER}]" for which in ("condition", "x", "y")}
    steps = {f"{which}_step": "i64" for which in ("condition", "x", "y")}

    @kernel(
        f"select_{bits}", condition="u8*", x=element + "*", y=element + "*", out=element + "*", outer="i64", dims=f"i64[{MAX_OUTER}]",
        run="i64", **fields, **steps,
    )  # fmt: skip
    def select(a, lo, hi, scratch):
        """out = x where condition, else y, a run for each unit of work."""
        for unit in range(lo, hi):
            at_condition, at_x, at_y, rest = np.int64(0), np.int64(0), np.int64(0), unit
            for d in range(a.outer - 1, -1, -1):
                above = rest // a.dims[d]
                index = rest - above * a.dims[d]
                at_condition += index * a.condition_strides[d]
                at_x += index * a.x_strides[d]
                at_y += index * a.y_strides[d]
                rest = above
            out = a.out + unit * a.run
            for i in range(a.run):
                if a.condition[at_condition + i * a.condition_step]:
                    out[i] = a.x[at_x + i * a.x_step]
                else:
                    out[i] = a.y[at_y + i * a.y_step]

    return select


# bytes of an element -> kernel
SELECT = {bits // 8: _make_select(bits) for bits in (8, 32, 64)}


@kernel("logical_not", x="u8*", out="u8*", count="i64")
def logical_not(a, lo, hi, scratch):
    """Units are blocks of 4096."""
    for i in range(lo * 4096, min(hi * 4096, a.count)):
        a.out[i] = np.uint8(a.x[i] == 0)
