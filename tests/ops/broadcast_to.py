"""Cases of BROADCAST_TO."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("BROADCAST_TO", [T(shape, type), T((len(wanted),), "INT32", data=wanted)], [T((), type)], version=2)
    for type in ("FLOAT32", "INT32", "INT8", "BOOL")
    for shape, wanted in [((3,), [2, 3]), ((2, 1, 3), [2, 4, 3]), ((), [2, 2]), ((1, 5, 1), [3, 5, 2]), ((2, 3), [2, 3])]
]
