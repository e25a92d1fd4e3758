"""Cases of SQUARED_DIFFERENCE."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(4)

SHAPES = [
    ((2, 3, 4, 5), (2, 3, 4, 5)), ((1, 7, 5, 3), (3,)), ((4,), (1, 7, 5, 4)), ((2, 1, 4, 1), (1, 3, 1, 5)), ((), (3, 2)), ((20, 100), (1,)),
    ((1, 6, 6, 40), (1, 1, 1, 40)), ((3, 1, 2, 1, 4), (1, 5, 1, 3, 1)), ((0, 3), (1, 3)),
]  # fmt: skip

CASES = [Case("SQUARED_DIFFERENCE", [T(x, type), T(y, type)], [T((), type)]) for type in ("FLOAT32", "INT32") for x, y in SHAPES]
CASES += [
    Case(
        "SQUARED_DIFFERENCE",
        [T(x, **quantized(rng, "INT8")), T(y, **quantized(rng, "INT8"))],
        [T((), **quantized(rng, "INT8", 4.0))],
        version=2,
    )
    for x, y in SHAPES
]
