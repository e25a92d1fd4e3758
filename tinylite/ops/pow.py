"""POW: x to the power of y, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary
from .common.operator import register
from .common.versions import Versions


@register
class Pow(Binary):
    """A negative exponent of INT32 stops the run with an InvokeError."""

    code = "POW"
    example = "f32 1x56x56x24~0..4*2"
    max_version = 1
    versions = Versions("1.10.0")
    plain_types = "FLOAT32 INT32"
    activates = False
    scaled = ()
    refusal = "it takes a whole number to a negative power"
