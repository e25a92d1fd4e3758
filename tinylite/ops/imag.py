"""IMAG: the imaginary parts of complex numbers."""

from __future__ import annotations

from .common.complex import ComplexPart
from .common.operator import register
from .common.versions import Versions


@register
class Imag(ComplexPart):
    code = "IMAG"
    versions = Versions("2.5.0")
