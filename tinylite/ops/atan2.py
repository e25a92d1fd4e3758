"""ATAN2: the angle of the point (x, y), y being the first input, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary
from .common.operator import register


@register
class Atan2(Binary):
    """LiteRT does not broadcast here."""

    code = "ATAN2"
    max_version = 1
    activates = False
