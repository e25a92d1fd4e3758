"""Cases of UNSORTED_SEGMENT_SUM."""

from __future__ import annotations

from ..families import unsorted_segment

CASES = unsorted_segment("UNSORTED_SEGMENT_SUM")
