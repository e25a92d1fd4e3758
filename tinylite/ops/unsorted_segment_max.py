"""UNSORTED_SEGMENT_MAX: largest elements of rows with the same segment id, or the least number where there are none."""

from __future__ import annotations

from .common.operator import register
from .common.segments import UnsortedSegment
from .common.versions import Versions


@register
class UnsortedSegmentMax(UnsortedSegment):
    code = "UNSORTED_SEGMENT_MAX"
    versions = Versions("2.10.0")
    plain_types = "FLOAT32 INT32"
