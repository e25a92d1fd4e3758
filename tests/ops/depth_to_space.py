"""Cases of DEPTH_TO_SPACE."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("DEPTH_TO_SPACE", [T(shape, type)], [T((), type)], {"block_size": block})
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64")
    for shape, block in [((1, 2, 3, 12), 2), ((2, 2, 1, 9), 3), ((1, 2, 2, 5), 1)]
]
