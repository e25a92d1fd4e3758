"""Cases of CUMSUM."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("CUMSUM", [T(shape, type), T((), "INT32", data=axis)], [T((), type)], {"exclusive": exclusive, "reverse": reverse})
    for type in ("FLOAT32", "INT32", "INT64")
    for shape, axis in [((5,), 0), ((2, 3, 4), 1), ((2, 3, 4), -1)]
    for exclusive in (False, True)
    for reverse in (False, True)
]
