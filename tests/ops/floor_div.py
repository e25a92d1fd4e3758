"""Cases of FLOOR_DIV."""

from __future__ import annotations

from ..families import dividing

CASES = dividing("FLOOR_DIV", "FLOAT32", "INT8", "INT16", "INT32")
