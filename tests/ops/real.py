"""Cases of REAL."""

from __future__ import annotations

from ..families import complex_part

CASES = complex_part("REAL")
