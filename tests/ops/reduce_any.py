"""Cases of REDUCE_ANY."""

from __future__ import annotations

from ..families import reduction

CASES = reduction("REDUCE_ANY", "BOOL")
