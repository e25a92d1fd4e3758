"""Cases of SELECT."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("SELECT", [T(condition, "BOOL"), T(shape, type), T(shape, type)], [T((), type)])
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64", "BOOL")
    for condition, shape in [((2, 3), (2, 3)), ((), (4,)), ((3,), (3, 4, 2)), ((5,), (5,))]
]
