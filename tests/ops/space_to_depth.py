"""Cases of SPACE_TO_DEPTH."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("SPACE_TO_DEPTH", [T(shape, type)], [T((), type)], {"block_size": block})
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64")
    for shape, block in [((1, 4, 6, 3), 2), ((2, 6, 3, 1), 3), ((1, 2, 2, 5), 1)]
]
