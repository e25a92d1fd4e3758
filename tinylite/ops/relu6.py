"""RELU6: x within 0..6."""

from __future__ import annotations

from .common.operator import register
from .common.relu import Clamping
from .common.versions import Versions


@register
class Relu6(Clamping):
    code = "RELU6"
    max_version = 3
    versions = Versions("1.5.0 1.14.0 2.5.0", types={"INT8": 2, "INT16": 3})
    plain_types = "FLOAT32"
    clamp = (0.0, 6.0)
