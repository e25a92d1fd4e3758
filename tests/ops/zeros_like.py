"""Cases of ZEROS_LIKE."""

from __future__ import annotations

from ..families import elementwise

CASES = elementwise("ZEROS_LIKE", "FLOAT32", "INT32", "INT64")
