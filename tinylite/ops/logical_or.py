"""LOGICAL_OR: x or y, with broadcasting."""

from __future__ import annotations

from .common.comparing import Comparison
from .common.operator import register


@register
class LogicalOr(Comparison):
    code = "LOGICAL_OR"
    max_version = 1
    quantized = None
