"""RSQRT: 1 / the square root."""

from __future__ import annotations

import numpy as np

from .common.operator import register
from .common.unary import Unary
from .common.versions import Versions


@register
class Rsqrt(Unary):
    code = "RSQRT"
    max_version = 3
    versions = Versions("1.10.0 2.5.0 2.15.0", types={"INT8": 2, "INT16": 3})
    plain_types = "FLOAT32"
    numpy = staticmethod(lambda x: 1 / np.sqrt(x))
    kernel = "rsqrt"
