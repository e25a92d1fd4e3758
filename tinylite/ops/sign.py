"""SIGN: -1, 0 or 1."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary


@register
class Sign(Unary):
    code = "SIGN"
    max_version = 2
    types = ("FLOAT32", "INT32", "INT64")
    kernel = "sign"
