"""FLOOR_MOD: what is left of x in steps of y, with the sign of y, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary
from .common.operator import register


@register
class FloorMod(Binary):
    code = "FLOOR_MOD"
    max_version = 2
    activates = False
    scaled = ()
