"""FLOOR: the nearest whole number below."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary
from .common.versions import Versions


@register
class Floor(Unary):
    code = "FLOOR"
    max_version = 1
    versions = Versions("1.9.0")
    plain_types = "FLOAT32 FLOAT16 BFLOAT16"
    kernel = "floor"
