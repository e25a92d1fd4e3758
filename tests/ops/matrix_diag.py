"""Cases of MATRIX_DIAG."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("MATRIX_DIAG", [T(shape, type)], [T((), type)])
    for type in ("FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64")
    for shape in [(4,), (2, 3), (2, 3, 5), (3, 1)]
]
