"""SPACE_TO_DEPTH: blocks of pixels moved into the channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import Moving, mapped_step
from .common.operator import Node, Shape, register
from .common.quantizing import Quantized
from .common.versions import Versions

if TYPE_CHECKING:
    from ..planner import Planner


@register
class SpaceToDepth(Moving):
    code = "SPACE_TO_DEPTH"
    max_version = 2
    versions = Versions("1.5.0 1.14.0", types={"INT8": 2})
    plain_types = "FLOAT32 UINT8 INT8 INT32 INT64"
    options = "SpaceToDepthOptions"
    quantized = Quantized(moves=("UINT8", "INT8"), copies=True, ranges="forward")

    def infer(self, node: Node) -> Sequence[Shape]:
        input, block = node.input(0), node.options.block_size
        node.want(len(input.shape) == 4, f"its input {input} does not have 4 dimensions")
        node.want(block > 0, f"its block_size {block} is not positive")
        n, h, w, c = input.shape
        node.want(h % block == 0 and w % block == 0, f"its block_size {block} does not divide height and width of {input}")
        return [(n, h // block, w // block, c * block * block)]

    def prepare(self, node: Node, plan: Planner) -> None:
        input, output, block = node.input(0), node.outputs[0], node.options.block_size
        n, h, w, c = output.shape
        c //= block * block
        element = input.dtype.itemsize
        # [n, h, block, w, block, c] to [n, h, w, block, block, c]
        pixel, line = c, w * block * c
        maps = [(n, h * block * line), (h, block * line), (w, block * pixel), (block, line), (block, pixel), (c, 1)]
        apart = (n, h, w, block, block, c)
        mapped_step(node, plan, input, output, [(range(size), stride * element) for size, stride in maps], shape=apart)
