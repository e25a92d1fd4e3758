"""Moving elements without looking at them."""

from __future__ import annotations

import numpy as np

from .kernel import Kernel, device, kernel
from .lazy import simd

MAX_DIMS = 8


@kernel("copy_rows", input="u8*", output="u8*", row_bytes="i64", input_stride="i64", output_stride="i64")
def copy_rows(a, lo, hi, scratch):
    """Runs of bytes, `input_stride` apart, to places `output_stride` apart."""
    for row in range(lo, hi):
        simd.copy(a.output + row * a.output_stride, a.input + row * a.input_stride, a.row_bytes)


@kernel("fill", output="u8*", value="u8*", element="i64", count="i64", block="i64")
def fill(a, lo, hi, scratch):
    """`count` times the `element` bytes at `value`; a unit is `block` elements."""
    for i in range(lo * a.block, min(hi * a.block, a.count)):
        for b in range(a.element):
            a.output[i * a.element + b] = a.value[b]


@device
def next_index(index, dims, count):
    """Count one further; the last dimension goes fastest."""
    for d in range(count - 1, -1, -1):
        index[d] += 1
        if index[d] < dims[d]:
            break
        index[d] = 0


def _make_mapped(element: int) -> Kernel:
    word = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}[element]

    @kernel(
        f"copy_mapped_{element}", input="u8*", output="u8*", base="i64", dims=f"i64[{MAX_DIMS}]", steps=f"i64[{MAX_DIMS}]",
        starts=f"i64[{MAX_DIMS}]", tables="i64*", outer="i64", run="i64", run_step="i64", run_start="i64", output_offset="i64",
        output_strides=f"i64[{MAX_DIMS}]",
    )  # fmt: skip
    def copy_mapped(a, lo, hi, scratch):
        """Each dimension's index leads its own way in the input, in bytes: out[i, j, ..] = in[base + way0(i) + way1(j) + ..].

        A way is an even step, or where a start is not -1 a part of `tables`. A unit is a run along the last dimension. The
        output's strides are in bytes, so a part of it can be written.
        """
        index = simd.pointer(scratch, np.int64)
        rest = np.int64(lo)
        for d in range(a.outer - 1, -1, -1):
            above = rest // a.dims[d]
            index[d] = rest - above * a.dims[d]
            rest = above
        for _ in range(lo, hi):
            source, to = a.input + a.base, a.output + a.output_offset
            for d in range(a.outer):
                source = source + (index[d] * a.steps[d] if a.starts[d] < 0 else a.tables[a.starts[d] + index[d]])
                to = to + index[d] * a.output_strides[d]
            words = simd.cast(to, word)
            if a.run_start >= 0:
                for i in range(a.run):
                    words[i] = simd.cast(source + a.tables[a.run_start + i], word)[0]
            elif a.run_step == element:
                simd.copy(to, source, a.run * element)
            else:
                for i in range(a.run):
                    words[i] = simd.cast(source + i * a.run_step, word)[0]
            next_index(index, a.dims, a.outer)

    return copy_mapped


copy_mapped = {element: _make_mapped(element) for element in (1, 2, 4, 8)}


def _make_gather(name: str, index_type: str) -> Kernel:
    @kernel(name, input="u8*", output="u8*", indices=index_type, batches="i64", outer="i64", size="i64", count="i64", slice_bytes="i64")
    def gather(a, lo, hi, scratch):
        """out[b, o, i] = in[b, o, indices[b, i]], slices of bytes; a unit is one (b, o). Fails with 1 at an index that is not there."""
        for unit in range(lo, hi):
            batch = unit // a.outer
            source = a.input + unit * a.size * a.slice_bytes
            to = a.output + unit * a.count * a.slice_bytes
            for i in range(a.count):
                index = np.int64(a.indices[batch * a.count + i])
                if (index < 0) | (index >= a.size):
                    return 1
                simd.copy(to + i * a.slice_bytes, source + index * a.slice_bytes, a.slice_bytes)
        return 0

    return gather


gather = {
    "INT16": _make_gather("gather_i16", "i16*"),
    "INT32": _make_gather("gather_i32", "i32*"),
    "INT64": _make_gather("gather_i64", "i64*"),
}
