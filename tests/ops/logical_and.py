"""Cases of LOGICAL_AND."""

from __future__ import annotations

from ..families import comparison

CASES = comparison("LOGICAL_AND", "BOOL")
