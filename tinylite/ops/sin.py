"""SIN: the sine."""

from __future__ import annotations

from .common.operator import register
from .common.unary import Unary
from .common.versions import Versions


@register
class Sin(Unary):
    code = "SIN"
    max_version = 2
    versions = Versions("1.9.0 2.23.0", types={"FLOAT16": 2})
    plain_types = "FLOAT32 FLOAT16"
    kernel = "sin"
