"""Cases of FLOOR."""

from __future__ import annotations

from ..families import elementwise

CASES = elementwise("FLOOR")
