"""POW: x to the power of y, with broadcasting."""

from __future__ import annotations

from .common.binary import Binary
from .common.operator import register


@register
class Pow(Binary):
    """A negative exponent of INT32 stops the run with an InvokeError."""

    code = "POW"
    max_version = 1
    activates = False
    scaled = ()
    refusal = "it takes a whole number to a negative power"
