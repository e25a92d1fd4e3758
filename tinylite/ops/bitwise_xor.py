"""BITWISE_XOR: the bits that differ, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary
from .common.operator import register


@register
class BitwiseXor(Binary):
    code = "BITWISE_XOR"
    max_version = 1
    activates = False
    scaled = ()
