"""Cases of GATHER_ND."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("GATHER_ND", [T(shape, type), T(indices, index_type, low=0, high=1)], [T((), type)])
    for type in ("FLOAT32", "INT32", "INT64", "INT8", "UINT8", "INT16", "BOOL", "FLOAT16")
    for index_type in ("INT32", "INT64", "INT16")
    for shape, indices in [((3, 4), (5, 2)), ((3, 4), (5, 1)), ((2, 3, 4, 5), (2, 3, 2)), ((6,), (4, 1))]
]
