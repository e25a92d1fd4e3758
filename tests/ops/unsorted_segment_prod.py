"""Cases of UNSORTED_SEGMENT_PROD."""

from __future__ import annotations

from ..families import unsorted_segment

CASES = unsorted_segment("UNSORTED_SEGMENT_PROD")
