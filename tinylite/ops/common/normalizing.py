"""Operators that normalize rows along the last dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from .operator import Node, Operator, Shape
from .quantization_params import scale_and_zero

__all__ = ["Normalizing"]


class Normalizing(Operator):
    """FLOAT32; UINT8 and INT8 too if the class says what the output's scale must be, and its zero point in each of them."""

    scale: ClassVar[float] = 0.0
    zeros: ClassVar[tuple[int, ...]] = ()

    def check_types(self, node: Node) -> None:
        input, output = node.input(0), node.outputs[0]
        zeros = dict(zip(("UINT8", "INT8"), self.zeros, strict=False))
        if input.type not in ("FLOAT32", *zeros):
            node.unsupported(f"there is no kernel for input {input}; there are: {', '.join(('FLOAT32', *zeros))}")
        node.require(output.type == input.type, f"its output {output} is not {input.type}, as its input is")
        if input.type in zeros:
            scale, zero = scale_and_zero(node, output)
            wanted = zeros[input.type]
            node.require(
                abs(scale - self.scale) <= 0.001 * self.scale and zero == wanted,
                f"its output {output} has scale {scale:.6g} and zero point {zero}, not {self.scale:.6g} and {wanted}",
            )

    def infer(self, node: Node) -> Sequence[Shape]:
        node.require(len(node.input(0).shape) > 0, f"its input {node.input(0)} is a scalar")
        return [node.input(0).shape]

    @staticmethod
    def rows(node: Node) -> tuple[int, int]:
        """How many rows there are, and how long they are; not empty."""
        input = node.input(0)
        return input.size // input.shape[-1], input.shape[-1]
