"""Pictures cut into blocks, and put together again: SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND."""

from __future__ import annotations

import numpy as np

from .copying import Moving
from .operator import Node, Value
from .quantization_rules import MOVES

__all__ = ["Blocks"]


class Blocks(Moving):
    """Input 1 says how large blocks are along each dimension after the batch, input 2 what is put before and after, or cut off."""

    input_count = (3, 3)
    quantized = MOVES

    def block(self, node: Node) -> tuple[list[int], list[list[int]]]:
        """The block's sizes, and an amount before and after for each."""
        sizes, amounts = node.numbers(1), node.numbers(2)
        shape = node.input(0).shape
        node.require(0 < len(sizes) < len(shape), f"blocks of {len(sizes)} dimensions do not fit {node.input(0)}")
        node.require(min(sizes) > 0, f"its block {sizes} has a size that is not positive")
        node.require(len(amounts) == 2 * len(sizes), f"{len(amounts)} amounts are not two for each of {len(sizes)} dimensions")
        node.require(min(amounts) >= 0, f"its amounts {amounts} hold a negative one")
        return sizes, [amounts[index : index + 2] for index in range(0, len(amounts), 2)]

    def filling(self, node: Node, value: Value) -> np.ndarray:
        """The stored value of 0."""
        zero = value.tensor.quantization.zero_point[:1] if value.quantized and value.tensor is not None else [0]  # type: ignore[union-attr]
        return np.asarray(zero if len(zero) else [0], value.dtype)
