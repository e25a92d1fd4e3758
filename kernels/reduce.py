"""Reductions: sums, means, extremes, products over any dimensions.

The input's dimensions are either kept or reduced. If the innermost is kept, a unit of work is a run of neighbouring
results, all of which are gathered at once; if it is reduced, a unit is one result, and the run is what it is made of.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .combining import add, larger, multiply, smaller
from .elements import ELEMENTS, NUMBERS
from .fixed_point import multiply_by_quantized_multiplier, multiply_high, nearest, nearest_even, rounding_divide_by_power
from .kernel import Device, Kernel, device, kernel
from .lazy import simd

MAX_DIMS = 8
REDUCE_FIELDS = {
    "kept": "i64", "kept_dims": f"i64[{MAX_DIMS}]", "kept_strides": f"i64[{MAX_DIMS}]", "reduced": "i64",
    "reduced_dims": f"i64[{MAX_DIMS}]", "reduced_strides": f"i64[{MAX_DIMS}]", "reduced_count": "i64", "run": "i64",
    "run_kept": "i64",
}  # fmt: skip
RESCALE = {"count": "i64", "in_zero": "i32", "out_zero": "i32", "multiplier": "i32", "shift": "i32"}
IN_FLOAT = {"factor": "f32", "bias": "f32", "zero": "i32", "even": "i64"}
IN_VECTORS = {"multiplier": "i32", "left": "i32", "right": "i32", "bias": "i32", "channels": "i64", "whole": "i64"}


@device
def offset(index, dims, strides, count):
    """Where the combination number `index` of `count` dimensions lies."""
    at = np.int64(0)
    for d in range(count - 1, -1, -1):
        above = index // dims[d]
        at += (index - above * dims[d]) * strides[d]
        index = above
    return at


def make_reduce(name: str, element: str, total: type, start: Any, combine: Device, finish: Device, fields: dict[str, str]) -> Kernel:
    """combine(total, x) for each element from `start` on, then finish(a, total, at), where `at` is the result's place in the output."""

    @kernel(name, x=element + "*", out=element + "*", **REDUCE_FIELDS, **fields)
    def reduce(a, lo, hi, scratch):
        totals = simd.pointer(scratch, total)
        for unit in range(lo, hi):
            first = a.x + offset(unit, a.kept_dims, a.kept_strides, a.kept)
            if a.run_kept:
                for i in range(a.run):
                    totals[i] = total(start)
                for r in range(a.reduced_count):
                    x = first + offset(r, a.reduced_dims, a.reduced_strides, a.reduced)
                    for i in range(a.run):
                        totals[i] = combine(totals[i], total(x[i]))
                out = a.out + unit * a.run
                for i in range(a.run):
                    out[i] = finish(a, totals[i], unit * a.run + i)
            else:
                result = total(start)
                for r in range(a.reduced_count):
                    x = first + offset(r, a.reduced_dims, a.reduced_strides, a.reduced)
                    for i in range(a.run):
                        result = combine(result, total(x[i]))
                a.out[unit] = finish(a, result, unit)

    return reduce


@device
def either(total, x):
    return total | x


@device
def both(total, x):
    return total & x


@device
def itself(a, total, at):
    return total


@device
def mean(a, total, at):
    return total / np.float32(a.count)


@device
def integer_mean(a, total, at):
    """Towards zero, as C divides. A sum that overflows wraps, and may be the least integer, which has no magnitude."""
    quotient = total // a.count
    return quotient + ((total < 0) & (quotient * a.count != total))


@device
def rescaled(a, total):
    centered = np.int32(total - a.in_zero * a.count)
    return np.int64(multiply_by_quantized_multiplier(centered, a.multiplier, a.shift)) + a.out_zero


@device
def rescaled_u8(a, total, at):
    return min(max(rescaled(a, total), 0), 255)


@device
def rescaled_i8(a, total, at):
    return min(max(rescaled(a, total), -128), 127)


def _in_float(low: int, high: int) -> Device:
    @device
    def finish(a, total, at):
        """total * factor + bias in float, rounded half to even or away from zero, + zero."""
        scaled = np.float32(np.float32(total) * a.factor) + a.bias
        rounded = nearest_even(scaled) if a.even else nearest(scaled)
        # In reach of an int32 first.
        return min(max(np.int64(min(max(rounded, -1e6), 1e6)) + a.zero, low), high)

    return finish


def _in_vectors(low: int, high: int) -> Device:
    @device
    def finish(a, total, at):
        """Requantized, + bias. The shift rounds halves up in the first `whole` of the channels, and away from zero in the others."""
        product = multiply_high(np.int32(total << a.left), a.multiplier)
        if at % a.channels < a.whole:
            scaled = (np.int64(product) + ((np.int64(1) << a.right) >> 1)) >> a.right
        else:
            scaled = np.int64(rounding_divide_by_power(product, a.right))
        return min(max(scaled + a.bias, low), high)

    return finish


def _all_types(name: str, combine: Device, starts: dict[str, Any]) -> dict[str, Kernel]:
    return {
        type: make_reduce(f"{ELEMENTS[type]}_{name}", ELEMENTS[type], NUMBERS[ELEMENTS[type]], start, combine, itself, {})
        for type, start in starts.items()
    }


COUNT = {"count": "i64"}
_Q8_SUM = {
    "UINT8": make_reduce("u8_sum", "u8", np.int32, 0, add, rescaled_u8, RESCALE),
    "INT8": make_reduce("i8_sum", "i8", np.int32, 0, add, rescaled_i8, RESCALE),
}
# Ways of rounding -> type -> kernel, where sums of 8 bits are not rounded as in the reference kernels.
ROUNDED_SUM: dict[str, dict[str, Kernel]] = {
    how: {
        type: make_reduce(f"{ELEMENTS[type]}_sum_{how}", ELEMENTS[type], np.int32, 0, add, finish(low, high), fields)
        for type, low, high in (("UINT8", 0, 255), ("INT8", -128, 127))
    }
    for how, finish, fields in (("in_float", _in_float, IN_FLOAT), ("in_vectors", _in_vectors, IN_VECTORS))
}
_LEAST = {"FLOAT32": np.finfo(np.float32).min, "INT32": -(2**31), "INT64": -(2**63), "UINT8": 0, "INT8": -128, "INT16": -(2**15)}
_LARGEST = {"FLOAT32": np.finfo(np.float32).max, "INT32": 2**31 - 1, "INT64": 2**63 - 1, "UINT8": 255, "INT8": 127, "INT16": 2**15 - 1}

# Of truth values a sum and a maximum say whether any is true, a product and a minimum whether all are.
_ANY = {"BOOL": make_reduce("bool_any", "u8", np.uint8, 0, either, itself, {})}
_ALL = {"BOOL": make_reduce("bool_all", "u8", np.uint8, 1, both, itself, {})}

# operator -> type -> kernel
REDUCE: dict[str, dict[str, Kernel]] = {
    "SUM": {**_all_types("sum", add, {"FLOAT32": 0, "INT32": 0, "INT64": 0}), **_Q8_SUM, **_ANY},
    "MEAN": {
        "FLOAT32": make_reduce("f32_mean", "f32", np.float32, 0, add, mean, COUNT),
        "INT32": make_reduce("i32_mean", "i32", np.int32, 0, add, integer_mean, COUNT),
        "INT64": make_reduce("i64_mean", "i64", np.int64, 0, add, integer_mean, COUNT),
        **_Q8_SUM,
    },
    "REDUCE_PROD": {**_all_types("prod", multiply, {"FLOAT32": 1, "INT32": 1, "INT64": 1}), **_ALL},
    "REDUCE_MAX": {**_all_types("max", larger, _LEAST), **_ANY},
    "REDUCE_MIN": {**_all_types("min", smaller, _LARGEST), **_ALL},
    "REDUCE_ANY": _ANY,
    "REDUCE_ALL": _ALL,
}


def _make_arg(name: str, element: str, largest: bool) -> Kernel:
    @kernel(name, x=element + "*", out="i64*", out32="i32*", depth="i64", inner="i64", wide="i64")
    def arg(a, lo, hi, scratch):
        """The index along a dimension of `depth` where the extreme stands first; a unit is one result."""
        for unit in range(lo, hi):
            outer = unit // a.inner
            x = a.x + outer * a.depth * a.inner + (unit - outer * a.inner)
            best, value = np.int64(0), x[0]
            for d in range(1, a.depth):
                # Any number is more extreme than NaN, and NaN than nothing, as the reference has it.
                other = x[d * a.inner]
                if ((other > value) if largest else (other < value)) | ((value != value) & (other == other)):
                    best, value = d, other
            if a.wide:
                a.out[unit] = best
            else:
                a.out32[unit] = best

    return arg


_ARG_TYPES = {"FLOAT32": "f32", "UINT8": "u8", "INT8": "i8", "INT32": "i32"}
ARG: dict[str, dict[str, Kernel]] = {
    operator: {kind: _make_arg(f"{element}_{name}", element, largest) for kind, element in _ARG_TYPES.items()}
    for operator, name, largest in (("ARG_MAX", "arg_max", True), ("ARG_MIN", "arg_min", False))
}
for _kernels in ARG.values():
    _kernels["BOOL"] = _kernels["UINT8"]
