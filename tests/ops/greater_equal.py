"""Cases of GREATER_EQUAL."""

from __future__ import annotations

from ..families import comparison

CASES = comparison("GREATER_EQUAL", "FLOAT32", "INT16", "INT32", "INT64", "INT8", "UINT8")
