"""CEIL: the nearest whole number above."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary
from .common.versions import Versions


@register
class Ceil(Unary):
    code = "CEIL"
    max_version = 1
    versions = Versions("1.14.0")
    plain_types = "FLOAT32"
    kernel = "ceil"
