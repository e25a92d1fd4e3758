"""FLOOR_DIV: the quotient of x and y, rounded down, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary
from .common.operator import register


@register
class FloorDiv(Binary):
    code = "FLOOR_DIV"
    max_version = 3
    activates = False
    scaled = ()
