"""Cases of REDUCE_ALL."""

from __future__ import annotations

from ..families import reduction

CASES = reduction("REDUCE_ALL", "BOOL")
