"""Cases of SOFTMAX."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(10)

SHAPES = [(1, 10), (3, 7), (2, 3, 4, 33), (5, 1), (1, 1000)]

CASES = [Case("SOFTMAX", [T(shape)], [T(shape)], {"beta": beta}) for shape in SHAPES for beta in (1.0, 0.5, 0.0)]
CASES += [
    Case(
        "SOFTMAX",
        [T(shape, **quantized(rng, type, spread))],
        [T(shape, type, scale=1 / 256, zero=-128 if type == "INT8" else 0)],
        {"beta": 1.0},
        version=2,
        name=f"SOFTMAX-{type}-{shape}-{spread}",
    )
    for type in ("UINT8", "INT8")
    for shape in SHAPES
    for spread in (0.5, 1.0, 5.0)
    # Many classes are well apart, as those of a trained network are.
    if shape[-1] < 256 or spread > 1
]  # fmt: skip
