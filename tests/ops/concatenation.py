"""Cases of CONCATENATION."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(12)

CASES = [
    Case("CONCATENATION", [T(shape, type) for shape in shapes], [T((), type)], {"axis": axis})
    for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64", "BOOL")
    for shapes, axis in [([(2, 3), (2, 5)], 1), ([(1, 4, 3), (2, 4, 3), (5, 4, 3)], 0), ([(2, 3, 1), (2, 3, 4)], -1), ([(2, 3)], 0)]
]
CASES += [
    Case(
        "CONCATENATION",
        [T((1, 40, 3), **quantized(rng, "UINT8")), T((1, 50, 3), **quantized(rng, "UINT8"))],
        [T((), **quantized(rng, "UINT8"))],
        {"axis": 1},
        name=f"CONCATENATION-rescaled-{index}",
    )
    for index in range(5)
]
