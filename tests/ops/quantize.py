"""Cases of QUANTIZE."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(13)

CASES = [
    Case("QUANTIZE", [T(shape)], [T((), **quantized(rng, type))], version=2)
    for type in ("UINT8", "INT8")
    for shape in [(3, 5), (1, 40, 40, 3), ()]
]
CASES += [
    Case(
        "QUANTIZE",
        [T((256,), **quantized(rng, source))],
        [T((), **quantized(rng, target))],
        version=2,
        name=f"QUANTIZE-{source}-{target}-{index}",
    )
    for source in ("UINT8", "INT8")
    for target in ("UINT8", "INT8")
    for index in range(3)
]
