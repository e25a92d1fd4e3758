"""LOGICAL_AND: x and y, with broadcasting."""

from __future__ import annotations

from .common.comparing import Comparison
from .common.operator import register


@register
class LogicalAnd(Comparison):
    code = "LOGICAL_AND"
    max_version = 1
    quantized = None
