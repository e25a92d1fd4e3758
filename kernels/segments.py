"""Reductions of rows that share a number: sums, products and extremes of segments."""

from __future__ import annotations

from typing import Any

import numpy as np

from .combining import add, larger, multiply, smaller
from .elements import NUMBERS
from .kernel import Device, Kernel, kernel

# Columns that a unit of work reduces.
BLOCK = 64


def _make(name: str, element: str, start: Any, combine: Device) -> Kernel:
    number = NUMBERS[element]
    first = number(start)

    @kernel(
        f"segment_{name}_{element}", input=element + "*", ids="i32*", output=element + "*", rows="i64", columns="i64", segments="i64"
    )  # fmt: skip
    def segment(a, lo, hi, scratch):
        """output[s] = all rows whose id is s, combined in order; rows with negative ids are left out. Fails with 1 at other ids."""
        for block in range(lo, hi):
            begin, end = block * BLOCK, min((block + 1) * BLOCK, a.columns)
            for s in range(a.segments):
                for c in range(begin, end):
                    a.output[s * a.columns + c] = first
            for row in range(a.rows):
                s = np.int64(a.ids[row])
                if s >= a.segments:
                    return 1
                if s >= 0:
                    for c in range(begin, end):
                        to = s * a.columns + c
                        a.output[to] = number(combine(a.output[to], a.input[row * a.columns + c]))
        return 0

    return segment


_TYPES = {"FLOAT32": "f32", "INT32": "i32"}
_LIMITS: dict[str, Any] = {"FLOAT32": np.finfo(np.float32), "INT32": np.iinfo(np.int32)}

# operator -> type -> kernel
SEGMENT: dict[str, dict[str, Kernel]] = {
    "SUM": {type: _make("sum", element, 0, add) for type, element in _TYPES.items()},
    "PROD": {type: _make("prod", element, 1, multiply) for type, element in _TYPES.items()},
    "MAX": {type: _make("max", element, _LIMITS[type].min, larger) for type, element in _TYPES.items()},
    "MIN": {type: _make("min", element, _LIMITS[type].max, smaller) for type, element in _TYPES.items()},
}


@kernel("count_segments", ids="i32*", rows="i64", count="i64*")
def count_segments(a, lo, hi, scratch):
    """How many segments there are. Fails with 1 unless ids start at 0 and rise by 0 or 1."""
    last = np.int64(-1)
    for row in range(a.rows):
        step = a.ids[row] - last
        if (step != 1) & ((step != 0) | (row == 0)):
            return 1
        last = np.int64(a.ids[row])
    a.count[0] = last + 1
    return 0
