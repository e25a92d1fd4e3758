"""Cases of MAXIMUM."""

from __future__ import annotations

from ..families import binary

CASES = binary("MAXIMUM", "FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64")
