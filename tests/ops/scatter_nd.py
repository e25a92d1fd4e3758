"""Cases of SCATTER_ND."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("SCATTER_ND", [T(indices, "INT32", low=0, high=2), T(updates, type), T((len(shape),), "INT32", data=shape)], [T((), type)])
    for type in ("FLOAT32", "INT32", "INT64", "INT8", "UINT8", "BOOL")
    for indices, updates, shape in [((4, 1), (4,), [8]), ((3, 2), (3,), [3, 4]), ((2, 1), (2, 4), [3, 4]), ((2, 2, 1), (2, 2, 3), [5, 3])]
]
