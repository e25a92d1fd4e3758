"""Cases of SQUARE."""

from __future__ import annotations

from ..families import elementwise

CASES = elementwise("SQUARE")
