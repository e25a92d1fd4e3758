"""Cases of TRANSPOSE."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("TRANSPOSE", [T(shape, type), T((len(order),), "INT32", data=order)], [T((), type)])
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64", "BOOL")
    for shape, order in [
        ((3, 5), [1, 0]),
        ((2, 3, 4, 5), [0, 3, 1, 2]),
        ((2, 3, 4, 5), [3, 2, 1, 0]),
        ((2, 3, 4), [0, 1, 2]),
        ((1, 2, 1, 3, 2), [4, 1, 3, 0, 2]),
        ((2, 2, 3, 2, 2, 3), [5, 0, 3, 1, 4, 2]),
    ]
]
