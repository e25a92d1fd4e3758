"""Cases of PAD."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T

PADDINGS = [
    ((3, 4), [[1, 2], [0, 3]]),
    ((1, 5, 6, 3), [[0, 0], [1, 1], [2, 0], [0, 0]]),
    ((2, 2, 2), [[0, 0], [0, 0], [0, 0]]),
    ((4,), [[2, 1]]),
]

CASES = [
    Case("PAD", [T(shape, type), T(np.shape(amounts), "INT32", data=amounts)], [T((), type)])
    for type in ("FLOAT32", "INT32", "INT64", "BOOL")
    for shape, amounts in PADDINGS
]
CASES += [
    Case(
        "PAD", [T(shape, type, scale=0.1, zero=9), T(np.shape(amounts), "INT32", data=amounts)], [T((), type, scale=0.1, zero=9)], version=2
    )
    for type in ("INT8", "UINT8")
    for shape, amounts in PADDINGS
]
