"""SQRT: the square root."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary
from .common.versions import Versions


@register
class Sqrt(Unary):
    code = "SQRT"
    max_version = 2
    versions = Versions("1.10.0 2.21.0", types={"INT8": 2, "INT16": 2})
    plain_types = "FLOAT32"
    kernel = "sqrt"
