"""Cases of RELU_N1_TO_1."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(6)

SHAPES = [(1,), (3, 5), (2, 4, 5, 7), (1, 100, 100), (0, 3), ()]

CASES = [Case("RELU_N1_TO_1", [T(shape, type)], [T(shape, type)]) for type in ("FLOAT32",) for shape in SHAPES]
CASES += [
    Case(
        "RELU_N1_TO_1",
        [T((256,), **quantized(rng, type, spread))],
        [T((256,), **quantized(rng, type, spread))],
        version=1,
        name=f"RELU_N1_TO_1-{type}-{spread:.3g}-{index}",
    )
    for type in ("UINT8", "INT8")
    for index, spread in enumerate([0.1, 0.3, 1.0, 1.0, 2.0, 4.0, 10.0])
]
