"""Cases of MULTINOMIAL."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T

CASES = [
    Case(
        "MULTINOMIAL", [T(shape, high=high), T((), "INT32", data=samples)], [T((), type)], {"seed": 5, "seed2": seed2}, runs=2,
    )
    for shape, samples, type, seed2, high in [
        ((1, 4), 10, "INT64", 7, None), ((3, 100), 33, "INT32", 2**35 + 1, None), ((2, 5), 1000, "INT64", 0, 60.0),
        ((5, 1), 3, "INT32", 1, None),
    ]
]  # fmt: skip
CASES.append(
    Case(
        "MULTINOMIAL",
        [T((2, 4), data=[[1, -np.inf, 2, -np.inf], [-np.inf] * 4]), T((), "INT32", data=50)],
        [T((), "INT32")],
        {"seed": 3, "seed2": 4},
        name="MULTINOMIAL-infinite",
    )
)
