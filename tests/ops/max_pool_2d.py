"""Cases of MAX_POOL_2D."""

from __future__ import annotations

from ..families import pool

CASES = pool("MAX_POOL_2D", "FLOAT32", "UINT8", "INT8")
