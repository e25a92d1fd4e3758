"""Cases of TILE."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("TILE", [T(shape, type), T((len(times),), "INT32", data=times)], [T((), type)])
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64", "BOOL")
    for shape, times in [((2, 3), (2, 1)), ((2, 3, 4), (1, 2, 3)), ((5,), (3,)), ((2, 2), (1, 0))]
]
