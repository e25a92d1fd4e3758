"""Cases of SIGN."""

from __future__ import annotations

from ..families import elementwise

CASES = elementwise("SIGN", "FLOAT32", "INT32")
