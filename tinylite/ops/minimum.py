"""MINIMUM: the smaller of x and y, with broadcasting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .common.binary import Binary
from .common.operator import register
from .common.quantization_rules import JOINS
from .common.versions import Versions, broadcasts_widely

if TYPE_CHECKING:
    from ..model import Op


@register
class Minimum(Binary):
    """Compares stored values: scales and zero points, which should be equal, are not looked at."""

    code = "MINIMUM"
    max_version = 4
    versions = Versions("1.14.0 1.14.0 2.3.0 2.3.0", types={"INT8": 2, "INT16": 4})
    plain_types = "FLOAT32 FLOAT16 BFLOAT16 INT8 UINT8 INT16 INT32 INT64"
    commutative = True
    idempotent = True
    bounds = "high"
    activates = False
    scaled = ()
    quantized = JOINS

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), 3 if broadcasts_widely(op) else 1)
