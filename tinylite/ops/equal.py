"""EQUAL: x == y, with broadcasting."""

from __future__ import annotations

import numpy as np

from .common.comparing import Comparison
from .common.operator import register
from .common.versions import Versions


@register
class Equal(Comparison):
    code = "EQUAL"
    max_version = 5
    versions = Versions("1.14.0 1.14.0 2.3.0 2.13.0 2.21.0", types={"INT8": 2, "STRING": 3, "INT16": 5})
    plain_types = "BOOL FLOAT32 FLOAT16 INT16 INT32 INT64 STRING"
    commutative = True
    numpy = np.equal
