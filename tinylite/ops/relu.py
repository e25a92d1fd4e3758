"""RELU: max(x, 0)."""

from __future__ import annotations

from .common.operator import register
from .common.relu import Clamping


@register
class Relu(Clamping):
    code = "RELU"
    max_version = 3
    low = 0.0
