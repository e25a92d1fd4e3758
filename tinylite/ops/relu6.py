"""RELU6: x within 0..6."""

from __future__ import annotations

from .common.operator import register
from .common.relu import Clamping


@register
class Relu6(Clamping):
    code = "RELU6"
    max_version = 3
    low = 0.0
    high = 6.0
