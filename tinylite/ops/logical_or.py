"""LOGICAL_OR: x or y, with broadcasting."""

from __future__ import annotations

from .common.comparing import Comparison
from .common.operator import register
from .common.versions import Versions


@register
class LogicalOr(Comparison):
    code = "LOGICAL_OR"
    example = "bool 1x56x56x24*2"
    max_version = 1
    versions = Versions("1.11.0")
    plain_types = "BOOL"
    commutative = True
    idempotent = True
    quantized = None
