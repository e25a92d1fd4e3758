"""Cases of ARG_MAX."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("ARG_MAX", [T(shape, type, high=5 if type != "FLOAT32" else None), T((), "INT32", data=axis)], [T((), out)], {"output_type": out})
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "BOOL")
    for shape, axis, out in [((3, 10), 1, "INT32"), ((2, 3, 4, 5), 2, "INT64"), ((7,), -1, "INT64"), ((4, 1, 3), 0, "INT32")]
]
