"""Cases of FLOOR_MOD."""

from __future__ import annotations

from ..families import dividing, edges

CASES = dividing("FLOOR_MOD", "FLOAT32", "INT8", "INT16", "INT32", "INT64")
CASES += edges("FLOOR_MOD")
