"""Cases of AVERAGE_POOL_2D."""

from __future__ import annotations

from ..families import pool

CASES = pool("AVERAGE_POOL_2D", "FLOAT32", "UINT8", "INT8")
