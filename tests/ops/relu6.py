"""Cases of RELU6."""

from __future__ import annotations

from ..families import elementwise, tabulated

CASES = elementwise("RELU6") + tabulated("RELU6")
