"""Cases of REDUCE_PROD."""

from __future__ import annotations

from ..families import reduction

CASES = reduction("REDUCE_PROD", "FLOAT32", "INT32", "INT64", low=-3, high=3) + reduction("REDUCE_PROD", "BOOL")
