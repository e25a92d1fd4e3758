"""Cases of LESS."""

from __future__ import annotations

from ..families import comparison

CASES = comparison("LESS", "FLOAT32", "INT16", "INT32", "INT64", "INT8", "UINT8")
