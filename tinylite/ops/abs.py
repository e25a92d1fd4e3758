"""ABS: the size without the sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..arithmetic.formulas import Stages, tflm_abs
from ..quantization_math import rescale
from .common.lookup import centered, stored_values
from .common.operator import Node, Value, register
from .common.quantization_params import affine, scale_and_zero
from .common.quantization_rules import QuantizationRule
from .common.unary import Unary
from .common.versions import Versions, of_int16

if TYPE_CHECKING:
    from ..model import Op


@register
class Abs(Unary):
    code = "ABS"
    methods = ("tflm",)
    max_version = 5
    versions = Versions("1.13.0 2.4.0 2.5.0 2.6.0 2.12.0", types={"INT8": 2, "UINT8": 2, "INT32": 5})
    plain_types = "FLOAT32 INT32 INT16"
    numpy = np.abs
    types = ("FLOAT32", "INT8", "INT32", "INT64")
    kernel = "abs"
    quantized = QuantizationRule(types=("INT8",))

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), of_int16(op, plain=4, quantized=3))

    def table(self, node: Node, input: Value, output: Value) -> np.ndarray:
        (in_scale, _), (out_scale, out_zero) = scale_and_zero(node, input), scale_and_zero(node, output)
        sizes = np.abs(centered(node, input))
        if in_scale != out_scale:
            sizes = rescale(sizes, float(np.float32(in_scale) / np.float32(out_scale)))
        return sizes + out_zero

    def stages(self, node: Node, method: str) -> Stages | None:
        input = node.input(0)
        return tflm_abs(stored_values(input.type), affine(node, input), affine(node, node.outputs[0]))
