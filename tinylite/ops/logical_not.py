"""LOGICAL_NOT: not x."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary
from .common.versions import Versions


@register
class LogicalNot(Unary):
    code = "LOGICAL_NOT"
    example = "bool 1x56x56x24"
    versions = Versions("1.11.0")
    plain_types = "BOOL"
    types = ("BOOL",)
    kernel = "logical_not"
