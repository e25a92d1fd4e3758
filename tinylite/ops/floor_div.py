"""FLOOR_DIV: the quotient of x and y, rounded down, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary
from .common.operator import register
from .common.versions import Versions


@register
class FloorDiv(Binary):
    code = "FLOOR_DIV"
    example = "f32 1x56x56x24 1x56x56x24~1..2"
    max_version = 3
    versions = Versions("1.14.0 1.14.0 2.13.0", types={"FLOAT32": 2, "INT8": 3, "INT16": 3})
    plain_types = "FLOAT32 INT32 INT16 INT8"
    activates = False
    scaled = ()
