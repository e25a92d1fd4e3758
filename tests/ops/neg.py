"""Cases of NEG."""

from __future__ import annotations

from ..families import elementwise

CASES = elementwise("NEG", "FLOAT32", "INT32", "INT64", "INT8", "INT16")
