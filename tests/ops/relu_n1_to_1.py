"""Cases of RELU_N1_TO_1."""

from __future__ import annotations

from ..families import elementwise, tabulated

CASES = elementwise("RELU_N1_TO_1") + tabulated("RELU_N1_TO_1", version=1)
