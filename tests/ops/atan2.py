"""Cases of ATAN2."""

from __future__ import annotations

from ..cases import Case, T
from ..families import SHAPES, edges

CASES = [Case("ATAN2", [T(shape), T(shape)], [T(shape)]) for shape in SHAPES] + edges("ATAN2")
