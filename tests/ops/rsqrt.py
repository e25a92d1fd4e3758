"""Cases of RSQRT."""

from __future__ import annotations

from ..cases import Case, T

SHAPES = [(1,), (3, 5), (2, 4, 5, 7), (1, 100, 100), (0, 3), ()]

CASES = [Case("RSQRT", [T(shape, type, low=0.01)], [T(shape, type)]) for type in ("FLOAT32",) for shape in SHAPES]
