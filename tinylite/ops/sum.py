"""SUM: the sum over dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .common.operator import Node, register
from .common.quantization_params import affine
from .common.quantization_rules import QuantizationRule
from .common.reducing import Reducing
from .common.versions import Versions

if TYPE_CHECKING:
    from ..kernels.kernel import Kernel


@register
class Sum(Reducing):
    """INT8 is summed as INT8; LiteRT's reference kernel reads it as UINT8."""

    code = "SUM"
    methods = ("optimized", "xnnpack")
    max_version = 2
    versions = Versions("1.10.0 1.15.0", types={"INT8": 2})
    plain_types = "FLOAT32 INT32 INT64"
    quantized = QuantizationRule(ranges="forward")

    def fields(self, node: Node, count: int) -> dict[str, Any]:
        return self.rescaling(node, count, mean=False) if node.input(0).type in ("UINT8", "INT8") else {}

    def rounded(self, node: Node, method: str, axes: list[int], count: int) -> tuple[Kernel, dict[str, Any]]:
        """LiteRT's optimized kernel: the sum as a float, times a factor, less the input's zero points, halves away from zero."""
        from ..kernels.reduce import ROUNDED_SUM

        if method == "xnnpack":
            return self.in_float(node, count, mean=False)
        x, output = affine(node, node.input(0)), affine(node, node.outputs[0])
        factor = np.float32(x.scale) / np.float32(output.scale)
        bias = np.float32(-x.zero) * factor * np.float32(count)
        return ROUNDED_SUM["in_float"][node.input(0).type], {"factor": float(factor), "bias": float(bias), "zero": output.zero, "even": 0}
