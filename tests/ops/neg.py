"""Cases of NEG."""

from __future__ import annotations

from ..cases import Case, T

SHAPES = [(1,), (3, 5), (2, 4, 5, 7), (1, 100, 100), (0, 3), ()]

CASES = [Case("NEG", [T(shape, type)], [T(shape, type)]) for type in ("FLOAT32", "INT32", "INT64", "INT8") for shape in SHAPES]
