"""Cases of MIRROR_PAD."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T

CASES = [
    Case("MIRROR_PAD", [T(shape, type), T(np.shape(amounts), "INT32", data=amounts)], [T((), type)], {"mode": mode})
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64")
    for mode in ("REFLECT", "SYMMETRIC")
    for shape, amounts in [((3, 4), [[1, 2], [0, 3]]), ((1, 5, 6, 3), [[0, 0], [1, 1], [2, 0], [0, 0]]), ((4,), [[3, 1]])]
]
