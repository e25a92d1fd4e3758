"""REDUCE_PROD: the product over dimensions."""

from __future__ import annotations

from .common.operator import register
from .common.reducing import Reducing


@register
class ReduceProd(Reducing):
    code = "REDUCE_PROD"
    max_version = 2
