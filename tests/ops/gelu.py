"""Cases of GELU."""

from __future__ import annotations

from ..cases import Case, T
from ..families import tabulated

CASES = [
    case
    for approximate in (False, True)
    for case in [
        Case("GELU", [T((3, 40))], [T((3, 40))], {"approximate": approximate}),
        *tabulated("GELU", spreads=[0.3, 1.0, 3.0], options={"approximate": approximate}),
    ]
]
