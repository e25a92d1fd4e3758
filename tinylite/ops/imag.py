"""IMAG: the imaginary parts of complex numbers."""

from __future__ import annotations

from .common.complex import ComplexPart
from .common.operator import register


@register
class Imag(ComplexPart):
    code = "IMAG"
