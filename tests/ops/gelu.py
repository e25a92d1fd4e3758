"""Cases of GELU."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(9)

CASES = [Case("GELU", [T((3, 40))], [T((3, 40))], {"approximate": approximate}) for approximate in (False, True)]
CASES += [
    Case(
        "GELU",
        [T((256,), **quantized(rng, type, spread))],
        [T((256,), **quantized(rng, type, spread))],
        {"approximate": approximate},
        version=2,
        name=f"GELU-{type}-{approximate}-{spread}",
    )
    for type in ("UINT8", "INT8")
    for approximate in (False, True)
    for spread in (0.3, 1.0, 3.0)
]
