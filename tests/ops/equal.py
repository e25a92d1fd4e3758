"""Cases of EQUAL."""

from __future__ import annotations

from ..families import comparison

CASES = comparison("EQUAL", "FLOAT32", "INT16", "INT32", "INT64", "INT8", "UINT8", "BOOL")
