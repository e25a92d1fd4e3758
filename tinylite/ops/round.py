"""ROUND: the nearest whole number, halves to even."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary
from .common.versions import Versions


@register
class Round(Unary):
    code = "ROUND"
    max_version = 1
    versions = Versions("1.14.0")
    plain_types = "FLOAT32 FLOAT16 BFLOAT16"
    kernel = "round"
