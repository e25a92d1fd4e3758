"""RELU_0_TO_1: x within 0..1."""

from __future__ import annotations

from .common.operator import register
from .common.relu import Clamping
from .common.versions import Versions


@register
class Relu0To1(Clamping):
    code = "RELU_0_TO_1"
    max_version = 1
    versions = Versions("2.10.0")
    plain_types = "FLOAT32"
    clamp = (0.0, 1.0)
