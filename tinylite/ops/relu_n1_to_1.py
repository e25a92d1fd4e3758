"""RELU_N1_TO_1: x within -1..1."""

from __future__ import annotations

from .common.operator import register
from .common.relu import Clamping
from .common.versions import Versions


@register
class ReluN1To1(Clamping):
    code = "RELU_N1_TO_1"
    max_version = 1
    versions = Versions("1.5.0")
    plain_types = "FLOAT32"
    clamp = (-1.0, 1.0)
