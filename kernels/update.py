"""Writing a box of elements into a larger one, at a place that only a run knows."""

from __future__ import annotations

import numpy as np

from .copy import MAX_DIMS
from .kernel import Kernel, kernel
from .lazy import simd


def _make(name: str, index: str) -> Kernel:
    @kernel(
        name, update="u8*", output="u8*", start=index, rank="i64", room=f"i64[{MAX_DIMS}]", dims=f"i64[{MAX_DIMS}]",
        strides=f"i64[{MAX_DIMS}]", outer="i64", run="i64", strict="i64",
    )  # fmt: skip
    def update_slice(a, lo, hi, scratch):
        """output[start + i] = update[i]; a unit is a run of `run` bytes, of which the update has one for each index below `outer`.

        A start beyond its `room` is brought back into it, or with `strict` fails with 1. Strides are the output's, in bytes.
        """
        to = a.output
        for d in range(a.rank):
            start = np.int64(a.start[d])
            if a.strict != 0 and (start < 0 or start > a.room[d]):
                return 1
            to = to + max(min(start, a.room[d]), 0) * a.strides[d]
        for unit in range(lo, hi):
            rest, offset = np.int64(unit), np.int64(0)
            for d in range(a.outer - 1, -1, -1):
                above = rest // a.dims[d]
                offset += (rest - above * a.dims[d]) * a.strides[d]
                rest = above
            simd.copy(to + offset, a.update + unit * a.run, a.run)
        return 0

    return update_slice


update_slice = {"INT32": _make("update_slice_i32", "i32*"), "INT64": _make("update_slice_i64", "i64*")}
