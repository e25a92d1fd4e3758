"""COMPLEX_ABS: the sizes of complex numbers."""

from __future__ import annotations

from .common.complex import ComplexPart
from .common.operator import register
from .common.versions import Versions


@register
class ComplexAbs(ComplexPart):
    code = "COMPLEX_ABS"
    versions = Versions("2.5.0")
    per_element = 4  # two squares, their sum, its root
