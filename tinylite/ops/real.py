"""REAL: the real parts of complex numbers."""

from __future__ import annotations

from .common.complex import ComplexPart
from .common.operator import register
from .common.versions import Versions


@register
class Real(ComplexPart):
    code = "REAL"
    versions = Versions("2.5.0")
