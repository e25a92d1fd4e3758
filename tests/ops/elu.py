"""Cases of ELU."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(6)

SHAPES = [(1,), (3, 5), (2, 4, 5, 7), (1, 100, 100), (0, 3), ()]

CASES = [
    Case("ELU", [T(shape, type)], [T(shape, type)], reference="BUILTIN_WITHOUT_DEFAULT_DELEGATES")
    for type in ("FLOAT32",)
    for shape in SHAPES
]
CASES += [
    Case(
        "ELU",
        [T((256,), **quantized(rng, type, spread))],
        [T((256,), **quantized(rng, type, spread))],
        version=1,
        reference="BUILTIN_WITHOUT_DEFAULT_DELEGATES",
        name=f"ELU-{type}-{spread:.3g}-{index}",
    )
    for type in ("INT8",)
    for index, spread in enumerate([0.1, 0.3, 1.0, 1.0, 2.0, 4.0, 10.0])
]
