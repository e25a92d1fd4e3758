"""Cases of LEAKY_RELU."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(8)

CASES = [Case("LEAKY_RELU", [T(shape)], [T(shape)], {"alpha": 0.1}) for shape in [(1,), (3, 5), (2, 4, 5, 7)]]
CASES += [
    Case("LEAKY_RELU", [T((256,), **quantized(rng, type))], [T((256,), **quantized(rng, type))], {"alpha": alpha}, version=2)
    for type in ("UINT8", "INT8")
    for alpha in (0.1, 0.3, -0.5, 1.5)
]
