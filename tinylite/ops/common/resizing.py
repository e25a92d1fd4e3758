"""Resizing pictures [n, h, w, c]: input 1 is the new height and width."""

from __future__ import annotations

from collections.abc import Sequence

from .operator import Node, Operator, Shape
from .quantization_rules import MOVES

__all__ = ["Resizing"]


class Resizing(Operator):
    input_count = (1, 2)
    quantized = MOVES

    def size(self, node: Node) -> tuple[int, int]:
        numbers = node.numbers(1)
        node.require(len(numbers) == 2 and min(numbers) > 0, f"its size {numbers} is not a height and a width above 0")
        return numbers[0], numbers[1]

    def infer(self, node: Node) -> Sequence[Shape]:
        input = node.input(0)
        node.require(len(input.shape) == 4, f"its input {input} does not have 4 dimensions")
        node.require(0 not in input.shape[1:3], f"its input {input} is empty")
        return [(input.shape[0], *self.size(node), input.shape[3])]
