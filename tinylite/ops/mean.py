"""MEAN: the mean over dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..quantization_math import multiplier_and_shifts
from .common.operator import Node, register
from .common.quantization_params import affine
from .common.quantization_rules import QuantizationRule
from .common.reducing import Reducing
from .common.versions import Versions

if TYPE_CHECKING:
    from ..kernels.kernel import Kernel

_VECTOR = 16  # channels that LiteRT's optimized kernel takes at once


@register
class Mean(Reducing):
    code = "MEAN"
    example = "i8 1x7x7x1024 [1,2] keep_dims"
    methods = ("optimized", "xnnpack")
    max_version = 3
    versions = Versions("1.6.0 1.14.0 2.4.0", types={"INT8": 2, "INT16": 3})
    plain_types = "FLOAT32 INT32 INT64"
    quantized = QuantizationRule(ranges="forward")

    def fields(self, node: Node, count: int) -> dict[str, Any]:
        if node.input(0).type in ("UINT8", "INT8"):
            return self.rescaling(node, count, mean=True)
        return {"count": count if node.input(0).type == "FLOAT32" else max(count, 1)}  # 0 / 0 is NaN

    def rounded(self, node: Node, method: str, axes: list[int], count: int) -> tuple[Kernel, dict[str, Any]] | None:
        """LiteRT's optimized kernel is for the mean over height and width, which are kept as ones: both zero points are rounded apart."""
        from ..kernels.reduce import ROUNDED_SUM

        if method == "xnnpack":
            return self.in_float(node, count, mean=True)
        input = node.input(0)
        if not (node.options.keep_dims and len(input.shape) == 4 and axes == [1, 2]):
            return None
        x, output = affine(node, input), affine(node, node.outputs[0])
        offset = np.float32(x.zero) * np.float32(x.scale) / np.float32(output.scale)
        bias = output.zero - int(offset + np.float32(0.5 if offset > 0 else -0.5))
        multiplier, left, right = multiplier_and_shifts(float(np.float32(x.scale) / (np.float32(count) * np.float32(output.scale))))
        fields = {"multiplier": multiplier, "left": left, "right": right, "bias": bias}
        channels = input.shape[3]
        return ROUNDED_SUM["in_vectors"][input.type], {**fields, "channels": channels, "whole": channels // _VECTOR * _VECTOR}
