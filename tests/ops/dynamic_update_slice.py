"""Cases of DYNAMIC_UPDATE_SLICE."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("DYNAMIC_UPDATE_SLICE", [T(shape, type), T(update, type), T((len(shape),), index, low=low, high=high)], [T(shape, type)],
         name=f"DYNAMIC_UPDATE_SLICE-{type}{list(shape)}-{list(update)}-{index}-{low}-{high}")
    for type, index in (("FLOAT32", "INT32"), ("INT8", "INT32"), ("INT64", "INT64"), ("BOOL", "INT64"), ("UINT8", "INT32"))
    for shape, update, low, high in [
        ((5,), (2,), 0, 3),
        ((4, 3), (1, 3), 0, 3),
        ((2, 6, 3), (2, 2, 2), -1, 2),
        ((3, 4, 5), (1, 4, 5), -9, 9),
        ((2, 3), (2, 3), 0, 1),
        ((3, 2, 2, 2, 3), (2, 1, 2, 1, 3), 0, 1),
    ]
]  # fmt: skip
