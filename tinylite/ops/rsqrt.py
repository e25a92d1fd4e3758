"""RSQRT: 1 / the square root."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary


@register
class Rsqrt(Unary):
    code = "RSQRT"
    max_version = 3
    kernel = "rsqrt"
