"""Cases of EXPAND_DIMS."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("EXPAND_DIMS", [T((2, 3), type), T((), "INT32", data=axis)], [T((), type)])
    for type in ("FLOAT32", "INT8")
    for axis in (0, 1, 2, -1, -3)
]
