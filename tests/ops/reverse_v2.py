"""Cases of REVERSE_V2."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("REVERSE_V2", [T(shape, type), T((1,), "INT32", data=[axis])], [T((), type)])
    for type in ("FLOAT32", "INT32", "INT64", "UINT8", "BOOL")
    for shape, axis in [((5,), 0), ((3, 4, 2), 0), ((3, 4, 2), 1), ((3, 4, 2), 2)]
]
