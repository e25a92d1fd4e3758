"""RANDOM_STANDARD_NORMAL: random numbers that are normally distributed, with mean 0 and deviation 1."""

from __future__ import annotations

from .common.operator import register
from .common.random import Filled
from .common.versions import Versions


@register
class RandomStandardNormal(Filled):
    """FLOAT32."""

    code = "RANDOM_STANDARD_NORMAL"
    example = "f32 [56,24] seed=1"
    versions = Versions("2.8.0")
    kernel = "random_normal"
