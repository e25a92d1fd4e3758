"""Cases of L2_POOL_2D."""

from __future__ import annotations

from ..families import pool

CASES = pool("L2_POOL_2D", "FLOAT32")
