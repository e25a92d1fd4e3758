"""Cases of ONE_HOT."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case(
        "ONE_HOT",
        [T(shape, index_type, low=-1, high=4), T((), "INT32", data=4), T((), type, data=1), T((), type, data=0)],
        [T((), type)],
        {"axis": axis},
    )
    for index_type in ("INT32", "INT64")
    for type in ("FLOAT32", "INT32", "INT64", "INT8", "UINT8", "BOOL")
    for shape, axis in [((5,), -1), ((2, 3), 0), ((2, 3), 1), ((), -1)]
]
