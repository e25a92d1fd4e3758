"""Cases of PACK."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("PACK", [T(shape, type)] * count, [T((), type)], {"axis": axis, "values_count": count})
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64")
    for shape, axis, count in [((2, 3), 0, 3), ((2, 3), 1, 2), ((2, 3), -1, 2), ((), 0, 4)]
]
