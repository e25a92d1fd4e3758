"""UNSORTED_SEGMENT_MAX: largest elements of rows with the same segment id, or the least number where there are none."""

from __future__ import annotations

from .common.operator import register
from .common.segments import UnsortedSegment


@register
class UnsortedSegmentMax(UnsortedSegment):
    code = "UNSORTED_SEGMENT_MAX"
