"""COS: the cosine."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary
from .common.versions import Versions


@register
class Cos(Unary):
    code = "COS"
    max_version = 2
    versions = Versions("1.14.0 2.23.0", types={"FLOAT16": 2})
    plain_types = "FLOAT32 FLOAT16"
    kernel = "cos"
