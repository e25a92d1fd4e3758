"""Cases of SQUARE."""

from __future__ import annotations

from ..cases import Case, T

SHAPES = [(1,), (3, 5), (2, 4, 5, 7), (1, 100, 100), (0, 3), ()]

CASES = [Case("SQUARE", [T(shape, type)], [T(shape, type)]) for type in ("FLOAT32",) for shape in SHAPES]
