"""Cases of TANH."""

from __future__ import annotations

from ..families import elementwise, tabulated

CASES = elementwise("TANH") + tabulated("TANH")
