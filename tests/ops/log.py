"""Cases of LOG."""

from __future__ import annotations

from ..families import elementwise, tabulated

CASES = elementwise("LOG", low=0.01) + tabulated("LOG", ["INT8"])
