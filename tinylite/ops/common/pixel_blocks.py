"""Blocks of pixels moved into channels and back: DEPTH_TO_SPACE and SPACE_TO_DEPTH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .copying import Moving, mapped_step, strides_of
from .operator import Node, Shape
from .quantization_rules import QuantizationRule

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["PixelBlocks"]

# Of six dimensions that count pixels by blocks, those two that change places either way.
_ORDER = (0, 1, 3, 2, 4, 5)


class PixelBlocks(Moving):
    """The option block_size says how high and wide blocks are."""

    max_version = 2
    quantized = QuantizationRule(moves=("UINT8", "INT8"), copies=True, ranges="forward")

    def picture(self, node: Node) -> tuple[int, int, int, int, int]:
        """The input's dimensions, and the block's size."""
        input, block = node.input(0), node.options.block_size
        node.require(len(input.shape) == 4, f"its input {input} does not have 4 dimensions")
        node.require(block > 0, f"its block_size {block} is not positive")
        n, h, w, c = input.shape
        return n, h, w, c, block

    def in_blocks(self, node: Node) -> Shape:
        """The input's shape with the blocks' dimensions apart."""
        raise NotImplementedError

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, shape = node.input(0), self.in_blocks(node)
        strides = strides_of(shape, input.dtype.itemsize)
        maps = [(range(shape[axis]), strides[axis]) for axis in _ORDER]
        mapped_step(node, plan, input, node.outputs[0], maps, shape=tuple(shape[axis] for axis in _ORDER))
