"""DEPTH_TO_SPACE: channels moved out into blocks of pixels."""

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
class DepthToSpace(Moving):
    code = "DEPTH_TO_SPACE"
    max_version = 2
    versions = Versions("2.1.0 2.5.0", types={"INT8": 2})
    plain_types = "FLOAT32 UINT8 INT8 INT32 INT64"
    options = "DepthToSpaceOptions"
    quantized = Quantized(moves=("UINT8", "INT8"), copies=True, ranges="forward")

    def infer(self, node: Node) -> Sequence[Shape]:
        input, block = node.input(0), node.options.block_size
        node.want(len(input.shape) == 4, f"its input {input} does not have 4 dimensions")
        node.want(block > 0, f"its block_size {block} is not positive")
        n, h, w, c = input.shape
        node.want(c % (block * block) == 0, f"its block_size {block}, squared, does not divide the channels of {input}")
        return [(n, h * block, w * block, c // (block * block))]

    def prepare(self, node: Node, plan: Planner) -> None:
        input, output, block = node.input(0), node.outputs[0], node.options.block_size
        n, h, w, c = input.shape
        c //= block * block
        element = input.dtype.itemsize
        # [n, h, w, block, block, c] to [n, h, block, w, block, c]
        pixel = block * block * c
        maps = [(n, h * w * pixel), (h, w * pixel), (block, block * c), (w, pixel), (block, c), (c, 1)]
        apart = (n, h, block, w, block, c)
        mapped_step(node, plan, input, output, [(range(size), stride * element) for size, stride in maps], shape=apart)
