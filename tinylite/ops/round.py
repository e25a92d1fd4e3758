"""ROUND: the nearest whole number, halves to even."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary


@register
class Round(Unary):
    code = "ROUND"
    max_version = 1
    kernel = "round"
