"""RELU: max(x, 0)."""

from __future__ import annotations

import numpy as np

from .common.operator import register
from .common.relu import Clamping
from .common.versions import Versions


@register
class Relu(Clamping):
    code = "RELU"
    max_version = 3
    versions = Versions("1.5.0 2.1.0 2.5.0", types={"INT8": 2, "UINT8": 2, "INT16": 3})
    plain_types = "FLOAT32"
    clamp = (0.0, np.inf)
