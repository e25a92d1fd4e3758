"""SOFTMAX: e^(beta x) over its sum along the last dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .common.fixed_point import exp_on_negative_values, multiply_high
from .common.operator import Node, Operator, Shape, register
from .common.quantized import quantize_multiplier, scale_and_zero

if TYPE_CHECKING:
    from ..planner import Planner

_INTEGER_BITS = 5  # of the scaled difference from the largest value


@register
class Softmax(Operator):
    """FLOAT32; UINT8 and INT8, whose outputs have scale 1/256 and the least value as zero point."""

    code = "SOFTMAX"
    max_version = 4
    options = "SoftmaxOptions"

    def check_types(self, node: Node) -> None:
        input, output = node.input(0), node.outputs[0]
        if input.type not in ("FLOAT32", "UINT8", "INT8"):
            node.unsupported(f"there is no kernel for input {input}; there are: FLOAT32, UINT8, INT8")
        node.want(output.type == input.type, f"its output {output} is not {input.type}, as its input is")
        if input.type != "FLOAT32":
            scale, zero = scale_and_zero(node, output)
            least = -128 if input.type == "INT8" else 0
            node.want(
                abs(scale - 1 / 256) <= 0.001 / 256 and zero == least,
                f"its output {output} has scale {scale:.6g} and zero point {zero}, not 1/256 and {least}",
            )

    def infer(self, node: Node) -> Sequence[Shape]:
        node.want(len(node.input(0).shape) > 0, f"its input {node.input(0)} is a scalar")
        return [node.input(0).shape]

    def prepare(self, node: Node, plan: Planner) -> None:
        from ..kernels.softmax import f32_softmax, q8_softmax

        input, output = node.input(0), node.outputs[0]
        depth = input.shape[-1]
        rows = input.size // depth if depth else 0
        beta = float(node.options.beta)
        if input.type == "FLOAT32":
            plan.step(f32_softmax, work=rows, cost=depth * 4, scratch=depth * 4 + 64, input=input, output=output, depth=depth, beta=beta)
            return
        powers = plan.constant(self.powers(node, beta * scale_and_zero(node, input)[0]), np.int32)
        plan.step(q8_softmax[input.type], work=rows, cost=depth * 4, input=input, output=output, powers=powers, depth=depth)

    def powers(self, node: Node, step: float) -> np.ndarray:
        """e^(-d step) for differences d = 0..255 with 31 fractional bits; -1 where the reference skips it."""
        node.want(step > 0, f"its beta times the scale of its input is {step}, which is not positive")
        # PreprocessSoftmaxScaling: a multiplier above 1, and no more than an int32 holds.
        factor = min(step * (1 << (31 - _INTEGER_BITS)), 2.0**31 - 1)
        node.want(factor > 1, f"the scale of its input {node.input(0)} is too small for fixed point")
        multiplier, shift = (int(part[0]) for part in quantize_multiplier(factor))
        radius = int(np.floor(((1 << _INTEGER_BITS) - 1) * (1 << (31 - _INTEGER_BITS)) / (1 << shift)))
        differences = np.arange(256, dtype=np.int64)
        wrapped = (-differences << shift).astype(np.int32)
        return np.where(differences <= radius, exp_on_negative_values(multiply_high(wrapped, multiplier), _INTEGER_BITS), -1)
