"""Cases of ADD_N."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("ADD_N", [T(shape, type)] * count, [T((), type)])
    for type in ("FLOAT32", "INT32")
    for shape in ((3, 5), (40, 300))
    for count in (2, 3, 5)
]
