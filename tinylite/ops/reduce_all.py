"""REDUCE_ALL: whether all elements over dimensions are true."""

from __future__ import annotations

from .common.operator import register
from .common.reducing import Reducing


@register
class ReduceAll(Reducing):
    code = "REDUCE_ALL"
    max_version = 1
