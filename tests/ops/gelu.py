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
# Where 1 + erf is 2 and the reference's erfc is not, on halves of a step.
CASES += [
    Case("GELU", [T((4096,), type, scale=scale, zero=zero)], [T((4096,), type, scale=out, zero=zero)], {"approximate": False}, version=2)
    for type, zero in (("INT8", 3), ("UINT8", 131))
    for scale, out in ((0.05, 0.1), (1 / 16, 0.05))
]
