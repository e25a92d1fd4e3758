"""SQUARE: x * x."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary


@register
class Square(Unary):
    code = "SQUARE"
    max_version = 1
    types = ("FLOAT32", "INT32", "INT64")
    kernel = "square"
