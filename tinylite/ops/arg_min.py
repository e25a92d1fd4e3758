"""ARG_MIN: the index of the smallest element along a dimension, the first if there are several."""

from __future__ import annotations

from .common.arg import Arg
from .common.operator import register
from .common.quantizing import COMPUTES


@register
class ArgMin(Arg):
    code = "ARG_MIN"
    max_version = 3
    quantized = COMPUTES
