"""Cases of REDUCE_MIN."""

from __future__ import annotations

from ..cases import Case, T

AXES = [
    ((2, 3, 4, 5), [1, 2]),
    ((2, 3, 4, 5), [3]),
    ((2, 3, 4, 5), [-4, 2]),
    ((1, 7, 7, 40), [1, 2]),
    ((6, 5), [0, 1]),
    ((4, 3, 2), [0]),
    ((3, 1, 5), [1]),
    ((2, 3), []),
]

CASES = [
    Case("REDUCE_MIN", [T(shape, type), T((len(axes),), "INT32", data=axes)], [T((), type)], {"keep_dims": keep})
    for type in ("FLOAT32", "INT32", "INT64", "UINT8", "INT8")
    for shape, axes in AXES
    for keep in (False, True)
]
