"""Padding operators: input 1 says how many elements go before and after in each dimension."""

from __future__ import annotations

from collections.abc import Sequence

from .copying import Moving
from .operator import Node, Shape
from .quantization_rules import MOVES

__all__ = ["Padding"]


class Padding(Moving):
    input_count = (2, 2)
    quantized = MOVES

    def amounts(self, node: Node) -> list[tuple[int, int]]:
        """(before, after) for each dimension."""
        rank, numbers = len(node.input(0).shape), node.numbers(1)
        node.require(node.input(1).shape == (rank, 2), f"its paddings {node.input(1)} are not [{rank}, 2]")
        node.require(min(numbers, default=0) >= 0, f"its paddings {numbers} hold a negative one")
        return list(zip(numbers[::2], numbers[1::2], strict=True))

    def infer(self, node: Node) -> Sequence[Shape]:
        return [tuple(before + size + behind for size, (before, behind) in zip(node.input(0).shape, self.amounts(node), strict=True))]
