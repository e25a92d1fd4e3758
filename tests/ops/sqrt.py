"""Cases of SQRT."""

from __future__ import annotations

from ..families import elementwise

CASES = elementwise("SQRT", low=0.01)
