"""Pooling over windows of pictures [n, h, w, channels]."""

from __future__ import annotations

from typing import Any

import numpy as np

from .combining import add, larger
from .kernel import Device, Kernel, device, kernel
from .lazy import simd

POOL_FIELDS = {
    "in_h": "i64", "in_w": "i64", "out_h": "i64", "out_w": "i64", "filter_h": "i64", "filter_w": "i64", "stride_h": "i64",
    "stride_w": "i64", "pad_top": "i64", "pad_left": "i64", "channels": "i64",
}  # fmt: skip


@device
def add_square(total, x):
    return total + x * x


@device
def mean(total, count):
    return total / np.float32(count)


@device
def root_mean(total, count):
    return np.sqrt(total / np.float32(count))


@device
def rounded_mean(total, count):
    """Halves away from zero."""
    half = np.int32(count // 2)
    # Towards zero, as C divides: Python's // would go down.
    return (total + half) // np.int32(count) if total > 0 else -((half - total) // np.int32(count))


@device
def itself(total, count):
    return total


def _make(name: str, element: str, start: Any, combine: Device, finish: Device) -> Kernel:
    bound = "f32" if element == "f32" else "i32"
    total_type = np.float32 if element == "f32" else np.int32

    @kernel(name, input=element + "*", output=element + "*", low=bound, high=bound, **POOL_FIELDS)
    def pool(a, lo, hi, scratch):
        totals = simd.pointer(scratch, total_type)
        for unit in range(lo, hi):
            y = unit // a.out_w
            x = unit - y * a.out_w
            n = y // a.out_h
            top = (y - n * a.out_h) * a.stride_h - a.pad_top
            left = x * a.stride_w - a.pad_left
            bottom, right = min(top + a.filter_h, a.in_h), min(left + a.filter_w, a.in_w)
            top, left = max(top, 0), max(left, 0)
            for c in range(a.channels):
                totals[c] = total_type(start)
            for iy in range(top, bottom):
                for ix in range(left, right):
                    pixel = a.input + ((n * a.in_h + iy) * a.in_w + ix) * a.channels
                    for c in range(a.channels):
                        totals[c] = combine(totals[c], total_type(pixel[c]))
            count = (bottom - top) * (right - left)
            to = a.output + unit * a.channels
            for c in range(a.channels):
                to[c] = min(max(finish(totals[c], count), a.low), a.high)

    return pool


average_pool = {
    "FLOAT32": _make("f32_average_pool", "f32", 0, add, mean),
    "UINT8": _make("u8_average_pool", "u8", 0, add, rounded_mean),
    "INT8": _make("i8_average_pool", "i8", 0, add, rounded_mean),
}
max_pool = {
    "FLOAT32": _make("f32_max_pool", "f32", np.finfo(np.float32).min, larger, itself),
    "UINT8": _make("u8_max_pool", "u8", 0, larger, itself),
    "INT8": _make("i8_max_pool", "i8", -128, larger, itself),
}
l2_pool = {"FLOAT32": _make("f32_l2_pool", "f32", 0, add_square, root_mean)}
