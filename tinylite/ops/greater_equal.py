"""GREATER_EQUAL: x >= y, with broadcasting."""

from __future__ import annotations

from .common.comparing import Comparison
from .common.operator import register


@register
class GreaterEqual(Comparison):
    code = "GREATER_EQUAL"
    max_version = 3
