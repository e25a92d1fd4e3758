"""SQRT: the square root."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary


@register
class Sqrt(Unary):
    code = "SQRT"
    max_version = 2
    kernel = "sqrt"
