"""Cases of SPLIT."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("SPLIT", [T((), "INT32", data=axis), T(shape, type)], [T((), type)] * count, {"num_splits": count})
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64")
    for shape, axis, count in [((6, 4), 0, 3), ((2, 3, 8), 2, 2), ((2, 4, 3), -2, 4), ((5, 2), 1, 1)]
]
