"""Cases of LOG_SOFTMAX."""

from __future__ import annotations

from ..cases import Case, T, quantized
from ..families import EIGHT_BITS, generator

rng = generator("LOG_SOFTMAX")

SHAPES = [(1, 10), (3, 7), (2, 3, 4, 33), (5, 1), (1, 1000)]

CASES = [Case("LOG_SOFTMAX", [T(shape)], [T(shape)]) for shape in SHAPES]
CASES += [
    Case(
        "LOG_SOFTMAX", [T(shape, **quantized(rng, type, spread))], [T(shape, type, scale=1 / 16, zero=127 if type == "INT8" else 255)],
        version=2, name=f"LOG_SOFTMAX-{type}-{shape}-{spread}",
    )
    for type in EIGHT_BITS
    for shape in [*SHAPES, (200, 5), (100, 40)]
    for spread in (0.1, 0.5, 1.0, 5.0, 40.0)
]  # fmt: skip
