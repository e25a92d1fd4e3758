"""SIGN: -1, 0 or 1."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary
from .common.versions import Versions


@register
class Sign(Unary):
    code = "SIGN"
    max_version = 2
    versions = Versions("2.11.0 2.12.0", types={"INT32": 2})
    plain_types = "FLOAT32 FLOAT64 INT32"
    types = ("FLOAT32", "INT32", "INT64")
    kernel = "sign"
