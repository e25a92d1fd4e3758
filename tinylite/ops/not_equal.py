"""NOT_EQUAL: x != y, with broadcasting."""

from __future__ import annotations

from .common.comparing import Comparison
from .common.operator import register
from .common.versions import Versions


@register
class NotEqual(Comparison):
    code = "NOT_EQUAL"
    max_version = 4
    versions = Versions("1.14.0 1.14.0 2.3.0 2.21.0", types={"INT8": 2, "STRING": 3, "INT16": 4})
    plain_types = "BOOL FLOAT32 FLOAT16 INT32 INT64 STRING"
    commutative = True
