"""REDUCE_PROD: the product over dimensions."""

from __future__ import annotations

from .common.operator import register
from .common.reducing import Reducing
from .common.versions import Versions


@register
class ReduceProd(Reducing):
    code = "REDUCE_PROD"
    max_version = 2
    versions = Versions("1.11.0 2.6.0", types={"INT8": 2, "INT16": 2})
    plain_types = "FLOAT32 INT32 INT64 UINT8 INT8 INT16"
