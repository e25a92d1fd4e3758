"""EQUAL: x == y, with broadcasting."""

from __future__ import annotations

from .common.comparing import Comparison
from .common.operator import register


@register
class Equal(Comparison):
    code = "EQUAL"
    max_version = 5
