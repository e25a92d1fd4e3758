"""NON_MAX_SUPPRESSION_V5: boxes by falling score, where overlapping with better ones lowers scores."""

from __future__ import annotations

from .common.operator import register
from .common.suppressing import NonMaxSuppression
from .common.versions import Versions


@register
class NonMaxSuppressionV5(NonMaxSuppression):
    code = "NON_MAX_SUPPRESSION_V5"
    example = "f32 60x4~0..1 60~0..1 (10) (0.5) (0.1) (0.2)"
    versions = Versions("2.1.0")
    input_count = (6, 6)
    output_count = (3, 3)
    soft = True
