"""Cases of RSQRT."""

from __future__ import annotations

from ..families import elementwise

CASES = elementwise("RSQRT", low=0.01)
