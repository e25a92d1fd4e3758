"""UNSORTED_SEGMENT_PROD: products of rows with the same segment id, or 1 where there are none."""

from __future__ import annotations

from .common.operator import register
from .common.segments import UnsortedSegment


@register
class UnsortedSegmentProd(UnsortedSegment):
    code = "UNSORTED_SEGMENT_PROD"
