"""RANDOM_STANDARD_NORMAL: random numbers that are normally distributed, with mean 0 and deviation 1."""

from __future__ import annotations

from .common.operator import register
from .common.random import Filled


@register
class RandomStandardNormal(Filled):
    """FLOAT32."""

    code = "RANDOM_STANDARD_NORMAL"
    kernel = "random_normal"
