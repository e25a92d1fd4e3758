"""Cases of SQUEEZE."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("SQUEEZE", [T(shape, type)], [T((), type)], {"squeeze_dims": dims})
    for type in ("FLOAT32", "INT8", "INT32")
    for shape, dims in [((1, 3, 1, 4), ()), ((1, 3, 1, 4), (0,)), ((1, 3, 1, 4), (-2, 0)), ((2, 3), ())]
]
