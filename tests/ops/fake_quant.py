"""Cases of FAKE_QUANT."""

from __future__ import annotations

from ..cases import Case, T
from ..families import SHAPES

RANGES = [(-6.0, 6.0, 8), (0.0, 6.0, 8), (-1.3, 7.7, 4), (-5.0, 0.0, 16), (-0.1, 0.2, 2), (-3.0, 1.0, 7), (1.0, 3.0, 8), (-4.0, -2.5, 5)]

CASES = [
    Case("FAKE_QUANT", [T(shape)], [T(shape)], dict(min=low, max=high, num_bits=bits))
    for low, high, bits in RANGES
    for shape in [*SHAPES[:4], (3000,)]
]
