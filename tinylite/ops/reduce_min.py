"""REDUCE_MIN: the smallest element over dimensions."""

from __future__ import annotations

from .common.operator import register
from .common.quantization_rules import MOVES
from .common.reducing import Reducing
from .common.versions import Versions


@register
class ReduceMin(Reducing):
    code = "REDUCE_MIN"
    max_version = 3
    versions = Versions("1.11.0 1.14.0 2.5.0", types={"INT8": 2, "INT16": 3})
    plain_types = "FLOAT32 INT32 INT64 UINT8 INT8 INT16"
    quantized = MOVES
