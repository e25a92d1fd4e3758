"""ARG_MAX: the index of the largest element along a dimension, the first if there are several."""

from __future__ import annotations

from .common.arg import Arg
from .common.operator import register
from .common.quantization_rules import COMPUTES
from .common.versions import Versions


@register
class ArgMax(Arg):
    code = "ARG_MAX"
    max_version = 3
    versions = Versions("1.9.0 1.14.0 2.9.0", types={"INT8": 2, "BOOL": 3})
    plain_types = "FLOAT32 UINT8 INT8 INT32 BOOL"
    quantized = COMPUTES
