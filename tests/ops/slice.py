"""Cases of SLICE."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("SLICE", [T(shape, type), T((len(shape),), "INT32", data=begin), T((len(shape),), "INT32", data=size)], [T((), type)])
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64", "BOOL")
    for shape, begin, size in [
        ((5, 6), (1, 2), (3, -1)),
        ((2, 3, 4, 5), (0, 1, 1, 0), (2, 2, 2, 5)),
        ((7,), (3,), (0,)),
        ((4, 4), (0, 0), (-1, -1)),
    ]
]
