"""RIGHT_SHIFT: x / 2^y, rounded down, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary
from .common.operator import register


@register
class RightShift(Binary):
    code = "RIGHT_SHIFT"
    max_version = 1
    activates = False
    scaled = ()
