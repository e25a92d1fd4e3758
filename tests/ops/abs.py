"""Cases of ABS."""

from __future__ import annotations

from ..families import elementwise, tabulated

CASES = elementwise("ABS", "FLOAT32", "INT32") + tabulated("ABS", ["INT8"])
