"""Cases of DYNAMIC_UPDATE_SLICE."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("DYNAMIC_UPDATE_SLICE", [T(shape, type), T(update, type), T((len(shape),), "INT32", low=-1, high=6)], [T((), type)])
    for type in ("FLOAT32", "INT32", "INT64", "INT8", "BOOL")
    for shape, update in [((5,), (2,)), ((4, 5), (1, 5)), ((4, 5), (2, 3)), ((3, 4, 5), (3, 4, 5)), ((3, 4, 5), (2, 4, 1))]
]
