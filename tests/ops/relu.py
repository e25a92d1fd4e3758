"""Cases of RELU."""

from __future__ import annotations

from ..families import elementwise, tabulated

CASES = elementwise("RELU") + tabulated("RELU")
