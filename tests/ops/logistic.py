"""Cases of LOGISTIC."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(7)

CASES = [Case("LOGISTIC", [T(shape)], [T(shape)]) for shape in [(1,), (3, 5), (2, 4, 5, 7), (1, 100, 100), (0, 3)]]
CASES += [Case("LOGISTIC", [T((64,), low=-100, high=100)], [T((64,))])]
CASES += [
    Case(
        "LOGISTIC",
        [T((256,), **quantized(rng, type, spread))],
        [T((256,), type, scale=1 / 256, zero=-128 if type == "INT8" else 0)],
        version=2,
        name=f"LOGISTIC-{type}-{spread:.3g}-{index}",
    )
    for type in ("UINT8", "INT8")
    for index, spread in enumerate([0.1, 0.3, 1.0, 1.0, 2.0, 4.0, 10.0])
]  # fmt: skip
