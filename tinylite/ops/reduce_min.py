"""REDUCE_MIN: the smallest element over dimensions."""

from __future__ import annotations

from .common.operator import register
from .common.quantizing import MOVES
from .common.reducing import Reducing


@register
class ReduceMin(Reducing):
    code = "REDUCE_MIN"
    max_version = 3
    quantized = MOVES
