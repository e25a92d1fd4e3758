"""MEAN: the mean over dimensions."""

from __future__ import annotations

from typing import Any

from .common.operator import Node, register
from .common.quantization_rules import QuantizationRule
from .common.reducing import Reducing
from .common.versions import Versions


@register
class Mean(Reducing):
    code = "MEAN"
    max_version = 3
    versions = Versions("1.6.0 1.14.0 2.4.0", types={"INT8": 2, "INT16": 3})
    plain_types = "FLOAT32 INT32 INT64"
    quantized = QuantizationRule(ranges="forward")

    def fields(self, node: Node, count: int) -> dict[str, Any]:
        if node.input(0).type in ("UINT8", "INT8"):
            return self.rescaling(node, count, mean=True)
        return {"count": count if node.input(0).type == "FLOAT32" else max(count, 1)}  # 0 / 0 is NaN
