"""Looking things up: rows of a quantized table, and places between boundaries."""

from __future__ import annotations

import numpy as np

from .cast import float_to_half
from .elements import ELEMENTS
from .kernel import Device, Kernel, device, kernel

# Elements of a unit of work.
BLOCK = 256


@device
def itself(x):
    return x


def _make_embedding(name: str, output: str, converted: Device) -> Kernel:
    @kernel(
        name, table="i8*", scales="f32*", scale_step="i64", indices="i32*", rows="i64", columns="i64", output=output + "*"
    )  # fmt: skip
    def embedding(a, lo, hi, scratch):
        """output[i] = table[indices[i]] * its scale; a unit is a row. Fails with 1 at an index that is not there."""
        for unit in range(lo, hi):
            row = np.int64(a.indices[unit])
            if (row < 0) | (row >= a.rows):
                return 1
            scale = a.scales[row * a.scale_step]
            for c in range(a.columns):
                a.output[unit * a.columns + c] = converted(np.float32(a.table[row * a.columns + c]) * scale)
        return 0

    return embedding


# type of the output -> kernel
embedding = {"FLOAT32": _make_embedding("embedding_f32", "f32", itself), "FLOAT16": _make_embedding("embedding_f16", "u16", float_to_half)}


def _make_bucketize(type: str) -> Kernel:
    # Whole numbers are rounded to floats first, as C does where it compares them with floats.
    compared = np.float64 if type == "FLOAT64" else np.float32

    @kernel(
        f"bucketize_{ELEMENTS[type]}", input=ELEMENTS[type] + "*", boundaries="f32*", boundary_count="i64", output="i32*", count="i64"
    )  # fmt: skip
    def bucketize(a, lo, hi, scratch):
        """How many of the boundaries, which rise, are not above each number; all of them for NaN. A unit is a block of numbers."""
        for i in range(lo * BLOCK, min(hi * BLOCK, a.count)):
            x = compared(a.input[i])
            first, last = np.int64(0), a.boundary_count
            while first < last:
                middle = (first + last) // 2
                if x < compared(a.boundaries[middle]):
                    last = middle
                else:
                    first = middle + 1
            a.output[i] = np.int32(first)

    return bucketize


bucketize = {type: _make_bucketize(type) for type in ("FLOAT32", "FLOAT64", "INT32", "INT64")}
