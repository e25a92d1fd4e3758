"""Cases of NON_MAX_SUPPRESSION_V4."""

from __future__ import annotations

from ..families import suppression

CASES = suppression("NON_MAX_SUPPRESSION_V4")
