"""CEIL: the nearest whole number above."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary


@register
class Ceil(Unary):
    code = "CEIL"
    max_version = 1
    kernel = "ceil"
