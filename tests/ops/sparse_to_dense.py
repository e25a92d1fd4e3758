"""Cases of SPARSE_TO_DENSE; some indices come twice."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case(
        "SPARSE_TO_DENSE",
        [T(indices, index, low=0, high=2), T((len(shape),), index, data=shape), T(values, type), T((), type, data=1)],
        [T((), type)],
        name=f"SPARSE_TO_DENSE-{type}-{index}-{list(indices)}-{list(values)}-{shape}",
    )
    for type in ("FLOAT32", "INT32", "INT64", "INT8", "UINT8")
    for index in ("INT32", "INT64")
    for indices, values, shape in [
        ((), (), [5]),
        ((2,), (2,), [5]),
        ((3,), (), [4]),
        ((4, 1), (4,), [8]),
        ((5, 2), (5,), [3, 4]),
        ((3, 3), (), [3, 4, 5]),
        ((7, 4), (7,), [3, 3, 3, 4]),
    ]
]
