"""UNSORTED_SEGMENT_SUM: sums of rows with the same segment id, or 0 where there are none."""

from __future__ import annotations

from .common.operator import register
from .common.segments import UnsortedSegment
from .common.versions import Versions


@register
class UnsortedSegmentSum(UnsortedSegment):
    code = "UNSORTED_SEGMENT_SUM"
    versions = Versions("2.10.0")
    plain_types = "FLOAT32 INT32"
