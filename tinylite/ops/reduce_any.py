"""REDUCE_ANY: whether any element over dimensions is true."""

from __future__ import annotations

from .common.operator import register
from .common.reducing import Reducing
from .common.versions import Versions


@register
class ReduceAny(Reducing):
    code = "REDUCE_ANY"
    example = "bool 1x7x7x64 [1,2]"
    max_version = 1
    versions = Versions("1.11.0")
    plain_types = "BOOL"
