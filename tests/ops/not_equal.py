"""Cases of NOT_EQUAL."""

from __future__ import annotations

from ..families import comparison

CASES = comparison("NOT_EQUAL", "FLOAT32", "INT32", "INT64", "INT8", "UINT8", "BOOL")
