"""FLOOR_MOD: what is left of x in steps of y, with the sign of y, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary
from .common.operator import register
from .common.versions import Versions


@register
class FloorMod(Binary):
    code = "FLOOR_MOD"
    example = "f32 1x56x56x24 1x56x56x24~1..2"
    max_version = 2
    versions = Versions("1.13.0 2.13.0", types={"INT8": 2, "INT16": 2})
    plain_types = "FLOAT32 INT32 INT64 INT16 INT8"
    activates = False
    scaled = ()
