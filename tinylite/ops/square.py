"""SQUARE: x * x."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary
from .common.versions import Versions


@register
class Square(Unary):
    code = "SQUARE"
    max_version = 1
    versions = Versions("1.12.0")
    plain_types = "FLOAT32"
    types = ("FLOAT32", "INT32", "INT64")
    kernel = "square"
