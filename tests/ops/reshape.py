"""Cases of RESHAPE."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("RESHAPE", [T(shape, type), T((len(new),), "INT32", data=new)], [T((), type)])
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64", "BOOL")
    for shape, new in [((2, 3, 4), (4, 6)), ((2, 3, 4), (-1, 12)), ((1, 1), ()), ((0, 3), (3, 0))]
]
CASES += [Case("RESHAPE", [T((2, 6))], [T(())], {"new_shape": (3, -1)})]
