"""Cases of SPACE_TO_BATCH_ND."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case(
        "SPACE_TO_BATCH_ND",
        [T(shape, type, **more), T((len(block),), "INT32", data=block), T((len(block), 2), "INT32", data=pads)],
        [T((), type, **more)],
    )
    for type, more in [
        ("FLOAT32", {}), ("INT32", {}), ("INT64", {}), ("INT16", {"scale": 0.1, "zero": 0}), ("INT8", {"scale": 0.1, "zero": 3}),
        ("UINT8", {"scale": 0.1, "zero": 7}),
    ]
    for shape, block, pads in [
        ((1, 4, 4, 1), [2, 2], [[0, 0], [0, 0]]),
        ((2, 5, 4, 3), [3, 2], [[1, 0], [2, 0]]),
        ((1, 6, 5), [3], [[0, 0]]),
        ((1, 5, 2), [2], [[2, 1]]),
    ]
]  # fmt: skip
