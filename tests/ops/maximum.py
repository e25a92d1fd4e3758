"""Cases of MAXIMUM."""

from __future__ import annotations

from ..cases import Case, T

SHAPES = [
    ((2, 3, 4, 5), (2, 3, 4, 5)), ((1, 7, 5, 3), (3,)), ((4,), (1, 7, 5, 4)), ((2, 1, 4, 1), (1, 3, 1, 5)), ((), (3, 2)), ((20, 100), (1,)),
    ((1, 6, 6, 40), (1, 1, 1, 40)), ((3, 1, 2, 1, 4), (1, 5, 1, 3, 1)), ((0, 3), (1, 3)),
]  # fmt: skip

CASES = [
    Case("MAXIMUM", [T(x, type), T(y, type)], [T((), type)]) for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64") for x, y in SHAPES
]
