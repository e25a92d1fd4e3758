"""Cases of TOPK_V2; many elements are equal, and some are NaN."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T

_NAN = np.where(np.arange(60) % 7 == 3, np.nan, np.arange(60) * 17 % 23).astype(np.float32)

CASES = [
    *[
        Case("TOPK_V2", [T(shape, type, low=-20, high=20), T((), "INT32", data=k)], [T((), type), T((), "INT32")])
        for type in ("FLOAT32", "INT32", "INT64", "INT8", "INT16")
        for shape, k in [((10,), 3), ((4, 7), 7), ((2, 3, 5), 1), ((3, 400), 100)]
    ],
    Case("TOPK_V2", [T((4, 30), "UINT8", low=0, high=10), T((), "INT32", data=8)], [T((), "UINT8"), T((), "INT32")]),
    *[Case("TOPK_V2", [T((4, 30), type), T((), "INT16", data=8)], [T((), type), T((), "INT16")]) for type in ("FLOAT32", "INT8")],
    *[
        Case("TOPK_V2", [T((60 // size, size), data=_NAN), T((), "INT32", data=k)], [T(()), T((), "INT32")], name=f"TOPK_V2-nan-{size}-{k}")
        for size, k in [(60, 60), (20, 19), (20, 5), (5, 1)]
    ],
]
