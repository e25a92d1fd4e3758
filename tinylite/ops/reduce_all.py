"""REDUCE_ALL: whether all elements over dimensions are true."""

from __future__ import annotations

from .common.operator import register
from .common.reducing import Reducing
from .common.versions import Versions


@register
class ReduceAll(Reducing):
    code = "REDUCE_ALL"
    example = "bool 1x7x7x64 [1,2]"
    max_version = 1
    versions = Versions("2.6.0")
    plain_types = "BOOL"
