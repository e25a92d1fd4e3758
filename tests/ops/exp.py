"""Cases of EXP."""

from __future__ import annotations

from ..families import elementwise, tabulated

CASES = elementwise("EXP") + tabulated("EXP", ["INT8"])
