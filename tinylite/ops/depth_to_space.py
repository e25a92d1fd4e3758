"""DEPTH_TO_SPACE: channels moved out into blocks of pixels."""

from __future__ import annotations

from collections.abc import Sequence

from .common.operator import Node, Shape, register
from .common.pixel_blocks import PixelBlocks
from .common.versions import Versions


@register
class DepthToSpace(PixelBlocks):
    code = "DEPTH_TO_SPACE"
    example = "i8 1x28x28x24 block_size=2"
    versions = Versions("2.1.0 2.5.0", types={"INT8": 2})
    plain_types = "FLOAT32 UINT8 INT8 INT32 INT64"
    options = "DepthToSpaceOptions"

    def infer(self, node: Node) -> Sequence[Shape]:
        n, h, w, c, block = self.picture(node)
        node.require(c % (block * block) == 0, f"its block_size {block}, squared, does not divide the channels of {node.input(0)}")
        return [(n, h * block, w * block, c // (block * block))]

    def in_blocks(self, node: Node) -> Shape:
        n, h, w, c, block = self.picture(node)
        return n, h, w, block, block, c // (block * block)
