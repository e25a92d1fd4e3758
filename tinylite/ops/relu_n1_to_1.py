"""RELU_N1_TO_1: x within -1..1."""

from __future__ import annotations

from .common.operator import register
from .common.relu import Clamping


@register
class ReluN1To1(Clamping):
    code = "RELU_N1_TO_1"
    max_version = 1
    low = -1.0
    high = 1.0
