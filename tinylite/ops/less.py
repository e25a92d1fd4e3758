"""LESS: x < y, with broadcasting."""

from __future__ import annotations

import numpy as np

from .common.comparing import Comparison
from .common.operator import register
from .common.versions import Versions


@register
class Less(Comparison):
    code = "LESS"
    max_version = 3
    versions = Versions("1.14.0 1.14.0 2.13.0", types={"INT8": 2, "INT16": 3})
    plain_types = "FLOAT32 FLOAT16 INT32 INT64 INT16"
    numpy = np.less
