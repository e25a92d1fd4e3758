"""DEQUANTIZE: (stored - zero point) * scale, and halves to floats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .common.operator import Node, Operator, Shape, register
from .common.quantization_params import scales_and_zeros
from .common.versions import Versions, input_type, is_per_channel

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext

_GROUP = 8  # numbers that LiteRT's optimized kernel takes at once, as x * scale + (-zero * scale)


@register
class Dequantize(Operator):
    """Quantized inputs may have a scale for each channel."""

    code = "DEQUANTIZE"
    example = "i8 1x56x56x24"
    methods = ("optimized", "tflm")
    max_version = 9
    versions = Versions(
        "1.13.1 1.14.0 1.15.0 2.2.0 2.7.0 2.18.0 2.21.0 2.22.0 2.23.0",
        types={"INT8": 2, "INT16": 3, "FLOAT16": 3, "INT4": 6, "INT2": 7, "UINT4": 8, "FLOAT8": 9},
    )  # fmt: skip
    converts = True
    per_element = 2  # the zero point, and by the scale

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), 5 if is_per_channel(op.inputs[0]) and input_type(op, 0) == "INT8" else 1)

    def check_types(self, node: Node) -> None:
        from ..kernels.quantize import dequantize

        input, output = node.input(0), node.outputs[0]
        if input.type != "FLOAT16" and input.type not in dequantize:
            node.unsupported(f"there is no kernel for input {input}; there are: FLOAT16, {', '.join(dequantize)}")
        node.require(output.type == "FLOAT32", f"its output {output} is not FLOAT32")

    def infer(self, node: Node) -> Sequence[Shape]:
        return [node.input(0).shape]

    @staticmethod
    def whole_groups(size: int, method: str, zeros: np.ndarray) -> int:
        """How many of so many numbers are multiplied before the zero point is taken off: of LiteRT's optimized kernel, whole groups."""
        return size // _GROUP * _GROUP if method == "optimized" and zeros.size == 1 and zeros[0] else 0

    @staticmethod
    def shift(scales: np.ndarray, zeros: np.ndarray) -> np.float32:
        """What is added to those."""
        return np.float32(-int(zeros[0]) * np.float64(scales[0]))

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.cast import cast
        from ..kernels.quantize import BLOCK, dequantize, dequantize_shifted

        input, output = node.input(0), node.outputs[0]
        method = self.rule(node, plan.arithmetic).method
        work = -(-input.size // BLOCK)
        if input.type == "FLOAT16":
            plan.step(cast[input.type, output.type], work=work, cost=BLOCK, x=input, out=output, count=input.size)
            return
        if input.tensor is None or input.tensor.quantization is None:
            node.fail(f"{input} has no scale and zero point")
        dimension = input.tensor.quantization.quantized_dimension
        channels = input.shape[dimension] if 0 <= dimension < len(input.shape) else 1
        scales, zeros = scales_and_zeros(node, input, channels)
        if method == "tflm":  # which has one scale for a tensor
            scales, zeros = scales[:1], zeros[:1]
        grouped = self.whole_groups(input.size, method, zeros)
        if grouped:
            shift = float(self.shift(scales, zeros))
            plan.step(
                dequantize_shifted[input.type], work=-(-grouped // BLOCK), cost=BLOCK, x=input, out=output, count=grouped,
                scale=float(scales[0]), shift=shift,
            )  # fmt: skip
        rest = input.size - grouped
        plan.step(
            dequantize[input.type], work=-(-rest // BLOCK), cost=BLOCK, x=(input, grouped), out=(output, 4 * grouped), count=rest,
            scales=plan.constant(scales, np.float32), zeros=plan.constant(zeros, np.int32), channels=scales.size,
            inner=int(np.prod(input.shape[dimension + 1 :], dtype=np.int64)),
        )  # fmt: skip
