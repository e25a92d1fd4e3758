"""Cases of SELECT_V2."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("SELECT_V2", [T(condition, "BOOL"), T(x, type), T(y, type)], [T((), type)])
    for type in ("FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64", "BOOL")
    for condition, x, y in [
        ((2, 3), (2, 3), (2, 3)),
        ((), (4,), (4,)),
        ((3, 1), (1, 5), (3, 5)),
        ((2, 1, 4), (4,), (1, 3, 1)),
        ((5,), (), ()),
        ((2, 5000), (2, 1), (5000,)),
        ((2, 1, 2, 1, 2, 1), (1, 3, 1, 3, 1, 3), (2, 3, 1, 3, 2, 1)),
    ]
]
CASES += [
    Case("SELECT_V2", [T((1,), "BOOL"), T(()), T((1, 1))], [T(shape)], name=f"SELECT_V2-single-{len(shape)}")
    for shape in [(), (1,), (1, 1)]
]
