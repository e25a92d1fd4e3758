"""Cases of ROUND."""

from __future__ import annotations

from ..cases import Case, T

SHAPES = [(1,), (3, 5), (2, 4, 5, 7), (1, 100, 100), (0, 3), ()]

CASES = [
    Case("ROUND", [T(shape, type)], [T(shape, type)], reference="BUILTIN_WITHOUT_DEFAULT_DELEGATES")
    for type in ("FLOAT32",)
    for shape in SHAPES
]
