"""COS: the cosine."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary


@register
class Cos(Unary):
    code = "COS"
    max_version = 2
    kernel = "cos"
