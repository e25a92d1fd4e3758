"""Cases of RSQRT."""

from __future__ import annotations

from ..families import elementwise, of_positive_bytes

CASES = elementwise("RSQRT", low=0.01) + of_positive_bytes("RSQRT")
