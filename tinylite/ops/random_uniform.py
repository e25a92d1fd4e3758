"""RANDOM_UNIFORM: random numbers from 0 to 1, all equally likely."""

from __future__ import annotations

from .common.operator import register
from .common.random import Filled
from .common.versions import Versions


@register
class RandomUniform(Filled):
    """FLOAT32."""

    code = "RANDOM_UNIFORM"
    example = "f32 [56,24] seed=1"
    versions = Versions("2.8.0")
    kernel = "random_uniform"
