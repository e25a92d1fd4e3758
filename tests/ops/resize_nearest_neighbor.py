"""Cases of RESIZE_NEAREST_NEIGHBOR."""

from __future__ import annotations

from ..cases import Case, T

SIZES = [
    (shape, size, flags)
    for shape, size in [
        ((1, 4, 5, 3), (8, 10)),
        ((2, 7, 6, 4), (3, 5)),
        ((1, 1, 1, 2), (4, 3)),
        ((1, 6, 6, 1), (6, 6)),
        ((1, 5, 3, 2), (1, 7)),
    ]
    for flags in ({}, {"align_corners": True}, {"half_pixel_centers": True})
]

CASES = [
    Case("RESIZE_NEAREST_NEIGHBOR", [T(shape, type), T((2,), "INT32", data=size)], [T((), type)], flags, version=3)
    for type in ("FLOAT32", "UINT8", "INT8", "INT32")
    for shape, size, flags in SIZES
]
