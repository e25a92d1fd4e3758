"""Cases of IMAG."""

from __future__ import annotations

from ..families import complex_part

CASES = complex_part("IMAG")
