"""Cases of SELECT."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("SELECT", [T(condition, "BOOL"), T(shape, type), T(shape, type)], [T((), type)])
    for type in ("FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64", "BOOL")
    for condition, shape in [((2, 3), (2, 3)), ((), (4,)), ((3,), (3, 4, 2)), ((5,), (5,)), ((3, 3000), (3, 3000)), ((40,), (40, 200))]
]
# Of single elements the output has the shape that the file says.
CASES += [
    Case("SELECT", [T((1,), "BOOL"), T(()), T((1, 1))], [T(shape)], name=f"SELECT-single-{len(shape)}") for shape in [(), (1,), (1, 1)]
]
