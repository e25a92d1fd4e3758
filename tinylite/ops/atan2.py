"""ATAN2: the angle of the point (x, y), y being the first input, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary
from .common.operator import register
from .common.versions import Versions


@register
class Atan2(Binary):
    """LiteRT does not broadcast here."""

    code = "ATAN2"
    max_version = 1
    versions = Versions("2.10.0")
    plain_types = "FLOAT32 FLOAT64 FLOAT16 BFLOAT16"
    activates = False
