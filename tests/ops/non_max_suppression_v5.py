"""Cases of NON_MAX_SUPPRESSION_V5."""

from __future__ import annotations

from ..families import suppression

CASES = suppression("NON_MAX_SUPPRESSION_V5", sigmas=(0.0, 0.3, 1.0))
