"""ARG_MAX: the index of the largest element along a dimension, the first if there are several."""

from __future__ import annotations

from .common.arg import Arg
from .common.operator import register
from .common.quantizing import COMPUTES


@register
class ArgMax(Arg):
    code = "ARG_MAX"
    max_version = 3
    quantized = COMPUTES
