"""Cases of LOGICAL_OR."""

from __future__ import annotations

from ..families import comparison

CASES = comparison("LOGICAL_OR", "BOOL")
