"""Cases of UNSORTED_SEGMENT_MAX."""

from __future__ import annotations

from ..families import unsorted_segment

CASES = unsorted_segment("UNSORTED_SEGMENT_MAX")
