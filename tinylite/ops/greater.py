"""GREATER: x > y, with broadcasting."""

from __future__ import annotations

from .common.comparing import Comparison
from .common.operator import register
from .common.versions import Versions


@register
class Greater(Comparison):
    code = "GREATER"
    max_version = 3
    versions = Versions("1.14.0 1.14.0", types={"INT8": 2})
    plain_types = "FLOAT32 FLOAT16 INT32 INT64 INT16"
