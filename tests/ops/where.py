"""Cases of WHERE; of constants, and of what only a run knows."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    *[
        Case("WHERE", [T(shape, type, low=low, high=1)], [T((), "INT64")], name=f"WHERE-{type}-{list(shape)}-{low}")
        for type in ("BOOL", "FLOAT32", "INT8", "UINT8", "INT32", "UINT32", "INT64")
        for shape, low in [((7,), 0), ((3, 4, 5), 0), ((2, 1, 3, 2, 2), 0), ((30, 40), 1)]
    ],
    Case("WHERE", [T((2, 3), "INT32", data=[[0, 5, 0], [-1, 0, 7]])], [T((), "INT64")], name="WHERE-constant"),
    Case("WHERE", [T((4,), "FLOAT32", data=[0.0, -0.0, float("nan"), 1e-45])], [T((), "INT64")], name="WHERE-zeros"),
    Case("WHERE", [T((3,), "BOOL", data=[False] * 3)], [T((), "INT64")], name="WHERE-nowhere"),
]
