"""Cases of PRELU."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(5)

SHAPES = [((1, 5, 6, 7), (1, 1, 7)), ((2, 3, 4), (2, 3, 4)), ((1, 4, 4, 33), (33,))]

CASES = [Case("PRELU", [T(x), T(alpha)], [T(x)]) for x, alpha in SHAPES]
CASES += [
    Case("PRELU", [T(x, **quantized(rng, type)), T(alpha, **quantized(rng, type))], [T(x, **quantized(rng, type))])
    for type in ("UINT8", "INT8")
    for x, alpha in SHAPES
]
