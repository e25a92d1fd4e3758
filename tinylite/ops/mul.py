"""MUL: x * y, with broadcasting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..arithmetic.formulas import Stages, cmsis_nn_single_mul, tflm_mul, xnnpack_mul
from .common.binary import Binary, product_scale
from .common.operator import Node, register
from .common.pairs import of_pairs
from .common.quantization_params import scale_and_zero
from .common.quantization_rules import COMPUTES
from .common.versions import Versions, of_int16

if TYPE_CHECKING:
    from ..model import Op


@register
class Mul(Binary):
    code = "MUL"
    example = "i8 1x56x56x24 1x1x1x24"
    methods = ("once", "tflm", "xnnpack")
    max_version = 8
    versions = Versions(
        "1.5.0 1.14.0 1.15.0 2.3.0 2.6.0 2.11.0 2.13.0 2.23.0",
        types={"INT8": 2, "INT64": 5, "COMPLEX64": 6, "UINT32": 7, "FLOAT16": 8},
    )  # fmt: skip
    plain_types = "FLOAT32 FLOAT16 INT32 UINT32 INT64 COMPLEX64 INT16"
    commutative = True
    neutral = 1.0
    affine = "factor"
    numpy = np.multiply
    fuses_activation = True
    options = "MulOptions"
    quantized = COMPUTES

    def version_needed(self, op: Op) -> int:
        tensors = [*op.inputs[:2], op.outputs[0]]
        scales = [t.quantization_params.scale[0] if t is not None and t.quantization_params is not None else 0 for t in tensors]
        rescaled = all(scales) and scales[0] * scales[1] / scales[2] >= 1
        return max(super().version_needed(op), 3 if rescaled else 1, of_int16(op, plain=7, quantized=4))

    def rescaling(self, node: Node) -> dict[str, int]:
        x, y, out = (np.float32(scale_and_zero(node, value)[0]) for value in (node.input(0), node.input(1), node.outputs[0]))
        # LiteRT multiplies and divides the scales as floats.
        return product_scale(node, float(x * y / out))

    def stages(self, node: Node, method: str) -> Stages | None:
        return of_pairs(node, {"once": cmsis_nn_single_mul, "tflm": tflm_mul, "xnnpack": xnnpack_mul}[method])
