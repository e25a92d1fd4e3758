"""Cases of LOGICAL_NOT."""

from __future__ import annotations

from ..families import elementwise

CASES = elementwise("LOGICAL_NOT", "BOOL")
