"""SIN: the sine."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary


@register
class Sin(Unary):
    code = "SIN"
    max_version = 2
    kernel = "sin"
