"""Cases of HARD_SWISH."""

from __future__ import annotations

from ..cases import quantized
from ..families import elementwise, tabulated

CASES = elementwise("HARD_SWISH") + tabulated("HARD_SWISH", output=lambda rng, type, spread: quantized(rng, type, 2 * spread), version=1)
