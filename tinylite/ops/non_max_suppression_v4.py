"""NON_MAX_SUPPRESSION_V4: boxes by falling score, without those that overlap with a better one."""

from __future__ import annotations

from .common.operator import register
from .common.suppressing import NonMaxSuppression
from .common.versions import Versions


@register
class NonMaxSuppressionV4(NonMaxSuppression):
    code = "NON_MAX_SUPPRESSION_V4"
    example = "f32 60x4~0..1 60~0..1 (10) (0.5) (0.1)"
    versions = Versions("2.1.0")
    input_count = (5, 5)
    output_count = (2, 2)
