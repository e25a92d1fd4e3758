"""UNSORTED_SEGMENT_SUM: sums of rows with the same segment id, or 0 where there are none."""

from __future__ import annotations

from .common.operator import register
from .common.segments import UnsortedSegment


@register
class UnsortedSegmentSum(UnsortedSegment):
    code = "UNSORTED_SEGMENT_SUM"
