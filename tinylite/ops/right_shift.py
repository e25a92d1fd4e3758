"""RIGHT_SHIFT: x / 2^y, rounded down, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary
from .common.operator import register
from .common.versions import Versions


@register
class RightShift(Binary):
    code = "RIGHT_SHIFT"
    example = "i32 1x56x56x24 1x56x56x24~0..31"
    max_version = 1
    versions = Versions("2.13.0")
    plain_types = "INT8 UINT8 INT16 UINT16 INT32 UINT32"
    activates = False
    scaled = ()
