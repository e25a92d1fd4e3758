"""Cases of SPLIT_V."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case(
        "SPLIT_V",
        [T(shape, type), T((len(sizes),), "INT32", data=sizes), T((), "INT32", data=axis)],
        [T((), type)] * len(sizes),
        {"num_splits": len(sizes)},
    )
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64")
    for shape, axis, sizes in [((6, 4), 0, [1, 2, 3]), ((2, 3, 8), 2, [5, -1]), ((2, 4, 3), -2, [4])]
]
