"""SUM: the sum over dimensions."""

from __future__ import annotations

from typing import Any

from .common.operator import Node, register
from .common.quantization_rules import QuantizationRule
from .common.reducing import Reducing
from .common.versions import Versions


@register
class Sum(Reducing):
    """INT8 is summed as INT8; LiteRT's reference kernel reads it as UINT8."""

    code = "SUM"
    max_version = 2
    versions = Versions("1.10.0 1.15.0", types={"INT8": 2})
    plain_types = "FLOAT32 INT32 INT64"
    quantized = QuantizationRule(ranges="forward")

    def fields(self, node: Node, count: int) -> dict[str, Any]:
        return self.rescaling(node, count, mean=False) if node.input(0).type in ("UINT8", "INT8") else {}
