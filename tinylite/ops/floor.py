"""FLOOR: the nearest whole number below."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary


@register
class Floor(Unary):
    code = "FLOOR"
    max_version = 1
    kernel = "floor"
