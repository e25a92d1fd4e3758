"""UNSORTED_SEGMENT_PROD: products of rows with the same segment id, or 1 where there are none."""

from __future__ import annotations

from .common.operator import register
from .common.segments import UnsortedSegment
from .common.versions import Versions


@register
class UnsortedSegmentProd(UnsortedSegment):
    code = "UNSORTED_SEGMENT_PROD"
    versions = Versions("2.10.0")
    plain_types = "FLOAT32 INT32"
