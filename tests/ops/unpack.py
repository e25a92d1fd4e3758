"""Cases of UNPACK."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("UNPACK", [T(shape, type)], [T((), type)] * shape[axis], {"axis": axis, "num": shape[axis]})
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "BOOL")
    for shape, axis in [((3, 4), 0), ((2, 3, 4), 1), ((2, 3), -1), ((4,), 0)]
]
