"""SPACE_TO_DEPTH: blocks of pixels moved into the channels."""

from __future__ import annotations

from collections.abc import Sequence

from .common.operator import Node, Shape, register
from .common.pixel_blocks import PixelBlocks
from .common.versions import Versions


@register
class SpaceToDepth(PixelBlocks):
    code = "SPACE_TO_DEPTH"
    example = "i8 1x56x56x24 block_size=2"
    versions = Versions("1.5.0 1.14.0", types={"INT8": 2})
    plain_types = "FLOAT32 UINT8 INT8 INT32 INT64"
    options = "SpaceToDepthOptions"

    def infer(self, node: Node) -> Sequence[Shape]:
        n, h, w, c, block = self.picture(node)
        node.require(h % block == 0 and w % block == 0, f"its block_size {block} does not divide height and width of {node.input(0)}")
        return [(n, h // block, w // block, c * block * block)]

    def in_blocks(self, node: Node) -> Shape:
        n, h, w, c, block = self.picture(node)
        return n, h // block, block, w // block, block, c
