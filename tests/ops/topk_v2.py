"""Cases of TOPK_V2."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("TOPK_V2", [T(shape, type, low=-20, high=20), T((), "INT32", data=k)], [T((), type), T((), "INT32")])
    for type in ("FLOAT32", "INT32", "INT64", "INT8")
    for shape, k in [((10,), 3), ((4, 7), 7), ((2, 3, 5), 1)]
] + [Case("TOPK_V2", [T((4, 30), "UINT8", low=0, high=10), T((), "INT32", data=8)], [T((), "UINT8"), T((), "INT32")])]
