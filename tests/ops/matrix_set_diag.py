"""Cases of MATRIX_SET_DIAG."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("MATRIX_SET_DIAG", [T(shape, type), T((*shape[:-2], min(shape[-2:])), type)], [T(shape, type)])
    for type in ("FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64")
    for shape in [(4, 4), (3, 5), (2, 5, 3), (2, 2, 1, 3)]
]
