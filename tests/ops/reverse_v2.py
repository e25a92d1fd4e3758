"""Cases of REVERSE_V2."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("REVERSE_V2", [T(shape, type), T((len(axes),), "INT32", data=axes)], [T((), type)])
    for type in ("FLOAT32", "FLOAT16", "INT8", "INT16", "INT32", "INT64", "UINT8", "BOOL")
    for shape, axes in [((5,), [0]), ((3, 4, 2), [0]), ((3, 4, 2), [1]), ((3, 4, 2), [2]), ((2, 3, 4, 2), [1, 2]), ((2, 3, 4), [-1])]
]
