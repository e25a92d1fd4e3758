"""Cases of COMPLEX_ABS."""

from __future__ import annotations

from ..families import complex_part

CASES = complex_part("COMPLEX_ABS")
