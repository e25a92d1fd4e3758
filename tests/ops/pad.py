"""Cases of PAD."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T
from ..families import PADDINGS

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
