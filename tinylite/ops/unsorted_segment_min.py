"""UNSORTED_SEGMENT_MIN: smallest elements of rows with the same segment id, or the largest number where there are none."""

from __future__ import annotations

from .common.operator import register
from .common.segments import UnsortedSegment
from .common.versions import Versions


@register
class UnsortedSegmentMin(UnsortedSegment):
    code = "UNSORTED_SEGMENT_MIN"
    versions = Versions("2.11.0")
    plain_types = "FLOAT32 INT32"
