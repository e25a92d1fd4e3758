"""DEQUANTIZE: (stored - zero point) * scale, and halves to floats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .common.operator import Node, Operator, Shape, register
from .common.quantized import scales_and_zeros

if TYPE_CHECKING:
    from ..planner import Planner


@register
class Dequantize(Operator):
    """Quantized inputs may have a scale for each channel."""

    code = "DEQUANTIZE"
    max_version = 9

    def check_types(self, node: Node) -> None:
        from ..kernels.quantize import dequantize

        input, output = node.input(0), node.outputs[0]
        if input.type != "FLOAT16" and input.type not in dequantize:
            node.unsupported(f"there is no kernel for input {input}; there are: FLOAT16, {', '.join(dequantize)}")
        node.want(output.type == "FLOAT32", f"its output {output} is not FLOAT32")

    def infer(self, node: Node) -> Sequence[Shape]:
        return [node.input(0).shape]

    def prepare(self, node: Node, plan: Planner) -> None:
        from ..kernels.cast import cast
        from ..kernels.quantize import BLOCK, dequantize

        input, output = node.input(0), node.outputs[0]
        work = -(-input.size // BLOCK)
        if input.type == "FLOAT16":
            plan.step(cast[input.type, output.type], work=work, cost=BLOCK, x=input, out=output, count=input.size)
            return
        if input.tensor is None or input.tensor.quantization is None:
            node.fail(f"{input} has no scale and zero point")
        dimension = input.tensor.quantization.quantized_dimension
        channels = input.shape[dimension] if 0 <= dimension < len(input.shape) else 1
        scales, zeros = scales_and_zeros(node, input, channels)
        plan.step(
            dequantize[input.type], work=work, cost=BLOCK, x=input, out=output, count=input.size,
            scales=plan.constant(scales, np.float32), zeros=plan.constant(zeros, np.int32), channels=scales.size,
            inner=int(np.prod(input.shape[dimension + 1 :], dtype=np.int64)),
        )  # fmt: skip
