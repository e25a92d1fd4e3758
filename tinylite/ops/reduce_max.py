"""REDUCE_MAX: the largest element over dimensions."""

from __future__ import annotations

from .common.operator import register
from .common.quantizing import MOVES
from .common.reducing import Reducing


@register
class ReduceMax(Reducing):
    code = "REDUCE_MAX"
    max_version = 3
    quantized = MOVES
