"""NOT_EQUAL: x != y, with broadcasting."""

from __future__ import annotations

from .common.comparing import Comparison
from .common.operator import register


@register
class NotEqual(Comparison):
    code = "NOT_EQUAL"
    max_version = 4
