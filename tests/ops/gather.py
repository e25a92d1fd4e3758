"""Cases of GATHER."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("GATHER", [T(shape, type), T(indices, index, low=0, high=shape[axis] - 1)], [T((), type)], {"axis": axis, "batch_dims": batch})
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64", "BOOL")
    for shape, indices, axis, batch, index in [
        ((5, 3), (4,), 0, 0, "INT32"),
        ((2, 6, 3), (2, 2), 1, 0, "INT64"),
        ((2, 6, 3), (2, 4), 1, 1, "INT32"),
        ((4, 5), (), 1, 0, "INT32"),
        ((2, 3, 4), (5,), -1, 0, "INT16"),
    ]
]  # fmt: skip
