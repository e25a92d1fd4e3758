"""MINIMUM: the smaller of x and y, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary
from .common.operator import register
from .common.quantizing import JOINS


@register
class Minimum(Binary):
    """Compares stored values: scales and zero points, which should be equal, are not looked at."""

    code = "MINIMUM"
    max_version = 4
    activates = False
    scaled = ()
    quantized = JOINS
