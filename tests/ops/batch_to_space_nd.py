"""Cases of BATCH_TO_SPACE_ND."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case(
        "BATCH_TO_SPACE_ND",
        [T(shape, type, **more), T((len(block),), "INT32", data=block), T((len(block), 2), "INT32", data=crops)],
        [T((), type, **more)],
    )
    for type, more in [
        ("FLOAT32", {}), ("INT32", {}), ("INT64", {}), ("INT16", {"scale": 0.1, "zero": 0}), ("INT8", {"scale": 0.1, "zero": 3}),
        ("UINT8", {"scale": 0.1, "zero": 7}),
    ]
    for shape, block, crops in [
        ((4, 2, 2, 1), [2, 2], [[0, 0], [0, 0]]),
        ((12, 2, 3, 3), [3, 2], [[1, 0], [2, 1]]),
        ((3, 4, 5), [3], [[0, 0]]),
        ((2, 3, 2), [2], [[2, 1]]),
    ]
]  # fmt: skip
