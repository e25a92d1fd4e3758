"""LESS: x < y, with broadcasting."""

from __future__ import annotations

from .common.comparing import Comparison
from .common.operator import register


@register
class Less(Comparison):
    code = "LESS"
    max_version = 3
