"""Cases of FILL."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("FILL", [T((len(shape),), "INT32", data=shape), T((), type)], [T((), type)])
    for type in ("FLOAT32", "INT8", "INT32", "INT64", "BOOL")
    for shape in [(2, 3), (70,), (0, 4)]
]
