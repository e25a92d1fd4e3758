"""Cases of LEAKY_RELU."""

from __future__ import annotations

from ..cases import Case, T
from ..families import tabulated

CASES = [Case("LEAKY_RELU", [T(shape)], [T(shape)], {"alpha": 0.1}) for shape in [(1,), (3, 5), (2, 4, 5, 7)]]
CASES += [case for alpha in (0.1, 0.3, -0.5, 1.5) for case in tabulated("LEAKY_RELU", spreads=[1.0], options={"alpha": alpha})]
