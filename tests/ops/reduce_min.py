"""Cases of REDUCE_MIN."""

from __future__ import annotations

from ..families import reduction

CASES = reduction("REDUCE_MIN", "FLOAT32", "INT32", "INT64", "UINT8", "INT8", "INT16", "BOOL")
