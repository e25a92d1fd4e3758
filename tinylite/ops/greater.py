"""GREATER: x > y, with broadcasting."""

from __future__ import annotations

from .common.comparing import Comparison
from .common.operator import register


@register
class Greater(Comparison):
    code = "GREATER"
    max_version = 3
