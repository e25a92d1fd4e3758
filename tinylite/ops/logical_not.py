"""LOGICAL_NOT: not x."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary


@register
class LogicalNot(Unary):
    code = "LOGICAL_NOT"
    types = ("BOOL",)
    kernel = "logical_not"
