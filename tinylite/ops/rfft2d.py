"""RFFT2D: the Fourier transforms of real pictures [..., height, width], cut or filled up with zeros to fft_length."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .common.fourier import twiddles
from .common.operator import Node, Operator, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext

# So that nothing here overflows; memory ends long before.
_LARGEST = 1 << 30


@register
class RFFT2D(Operator):
    """FLOAT32 to COMPLEX64, lengths that are powers of two; computed in double."""

    code = "RFFT2D"
    example = "f32 4x16x16 [16,16]"
    max_version = 1
    versions = Versions("2.5.0")
    plain_types = "FLOAT32"
    input_count = (2, 2)

    def check_types(self, node: Node) -> None:
        input, length, output = node.input(0), node.input(1), node.outputs[0]
        if input.type != "FLOAT32":
            node.unsupported(f"there is no kernel for input {input}; there is one for FLOAT32")
        node.require(length.type == "INT32", f"its fft_length {length} is not INT32")
        node.require(output.type == "COMPLEX64", f"its output {output} is not COMPLEX64")

    def lengths(self, node: Node) -> tuple[int, int]:
        lengths = node.numbers(1)
        node.require(len(lengths) == 2, f"its fft_length {lengths} is not two numbers, height and width")
        height, width = lengths
        for length in lengths:
            node.require(0 < length <= _LARGEST and length & (length - 1) == 0, f"its fft_length {lengths} has {length}, no power of two")
        return height, width

    def infer(self, node: Node) -> Sequence[Shape]:
        input = node.input(0)
        node.require(len(input.shape) >= 2, f"its input {input} has less than 2 dimensions")
        height, width = self.lengths(node)
        return [(*input.shape[:-2], height, width // 2 + 1)]

    def operations(self, node: Node) -> int:
        """2.5 n log2 n of n real numbers, as FFTs are counted."""
        size = math.prod(self.lengths(node))
        return 5 * math.prod(node.input(0).shape[:-2]) * size * (size.bit_length() - 1) // 2

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.fft import fft_columns, rfft_rows

        input, output = node.input(0), node.outputs[0]
        height, width = self.lengths(node)
        pictures, columns, size = math.prod(input.shape[:-2]), width // 2 + 1, max(height, width)
        # The conjugates of the conjugated transform, as LiteRT computes it: imaginary parts that are 0 for every input become -0.
        table = plan.constant(twiddles(size) * (1, -1), np.float64)
        rows = plan.workspace((pictures, height, width + 2), "FLOAT64")
        plan.step(
            rfft_rows, work=pictures * height, cost=width * (width.bit_length() + 2), input=input, output=rows, table=table, size=size,
            in_h=input.shape[-2], in_w=input.shape[-1], height=height, width=width,
        )  # fmt: skip
        plan.step(
            fft_columns, work=pictures * columns, cost=height * (2 * height.bit_length() + 4), scratch=16 * height, input=rows,
            output=output, table=table, size=size, height=height, columns=columns, row=width + 2,
        )  # fmt: skip
