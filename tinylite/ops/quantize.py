"""QUANTIZE: floats to a quantized type, or from one quantized type to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arithmetic.formulas import Stages, last, optimized_requantize, xnnpack_requantize
from ..quantization_math import integer_limits, rescale
from .common.lookup import centered, lookup_step, stored_values
from .common.operator import Node, Operator, Shape, register
from .common.quantization_params import affine, scale_and_zero
from .common.versions import Versions, is_per_channel, output_type

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext

_EIGHT_BITS = ("UINT8", "INT8")
# How many numbers LiteRT's optimized kernels take at once.
_QUANTIZED, _REQUANTIZED = 8, 16
# What NaN counts as, in steps.
_ENDS = {"optimized": -1e6, "xnnpack": 1e6}


@register
class Quantize(Operator):
    code = "QUANTIZE"
    example = "f32 1x56x56x24 -> i8@0.01"
    methods = ("optimized", "xnnpack")
    max_version = 6
    versions = Versions("1.14.0 1.15.0 2.7.0 2.21.0 2.21.0 2.21.0", types={"INT4": 4, "UINT4": 5})
    converts = True
    per_element = 2  # by the scale, and the zero point

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), 3 if is_per_channel(op.outputs[0]) else 2 if output_type(op) == "INT16" else 1)

    def check_types(self, node: Node) -> None:
        input, output = node.input(0), node.outputs[0]
        if input.type not in ("FLOAT32", *_EIGHT_BITS) or output.type not in _EIGHT_BITS:
            node.unsupported(f"there is no kernel from {input} to {output.type}; there are: FLOAT32, UINT8 and INT8 to UINT8 and INT8")

    def infer(self, node: Node) -> Sequence[Shape]:
        return [node.input(0).shape]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        method = self.rule(node, plan.arithmetic).method
        if node.input(0).type == "FLOAT32":
            self.from_floats(node, plan, method)
        else:
            self.from_integers(node, plan, method)

    @staticmethod
    def integer_stages(node: Node, method: str) -> tuple[Stages, int]:
        """What an arithmetic's method computes of all 8-bit inputs, and how many it takes at once: what is left over of those is computed
        as in the reference kernels. XNNPACK keeps the type; other types, and scales that it does not take, are left to LiteRT's optimized
        kernel.
        """
        input, output = node.input(0), node.outputs[0]
        stored, x_of, of = stored_values(input.type), affine(node, input), affine(node, output)
        found = xnnpack_requantize(stored, x_of, of) if method == "xnnpack" and input.type == output.type else None
        return (optimized_requantize(stored, x_of, of), _REQUANTIZED) if found is None else (found, 1)

    def from_integers(self, node: Node, plan: PlanContext, method: str) -> None:
        input, output = node.input(0), node.outputs[0]
        (scale, _), (out_scale, out_zero) = scale_and_zero(node, input), scale_and_zero(node, output)
        table = rescale(centered(node, input), scale / out_scale) + out_zero
        if method:
            stages, group = self.integer_stages(node, method)
            lookup_step(plan, input, output, last(stages), table if group > 1 else None, group)
        else:
            lookup_step(plan, input, output, table)

    @staticmethod
    def whole_groups(size: int, method: str) -> int:
        """How many of so many floats an arithmetic's method rounds half to even; LiteRT's optimized kernel whole groups of them."""
        return 0 if not method else size if method == "xnnpack" else size // _QUANTIZED * _QUANTIZED

    def from_floats(self, node: Node, plan: PlanContext, method: str) -> None:
        """x / scale in float, halves away from zero; otherwise times the scale's inverse, halves to even.

        LiteRT's optimized kernel does the latter to whole groups. Those that are left over are divided in double, halves away from zero.
        """
        from ..kernels.quantize import BLOCK, f32_quantize, f32_quantize_even, f32_quantize_rest

        input, output = node.input(0), node.outputs[0]
        scale, zero = scale_and_zero(node, output)
        low, high = integer_limits(output.type)
        fields: dict[str, Any] = {"zero": zero, "low": low, "high": high}
        grouped = self.whole_groups(input.size, method)
        if grouped:
            plan.step(
                f32_quantize_even[output.type], work=-(-grouped // BLOCK), cost=BLOCK, scratch=64, x=input, out=output, count=grouped,
                inverse=float(np.float32(1 / scale)), invalid=_ENDS[method], **fields,
            )  # fmt: skip
        kernel, rest = (f32_quantize_rest if method else f32_quantize)[output.type], input.size - grouped
        plan.step(
            kernel, work=-(-rest // BLOCK), cost=BLOCK, scratch=64, x=(input, 4 * grouped), out=(output, grouped), count=rest, scale=scale,
            **fields,
        )  # fmt: skip
