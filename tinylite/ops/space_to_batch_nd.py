"""SPACE_TO_BATCH_ND: blocks of a padded picture, each place in the block a batch of its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.blocks import Blocks
from .common.copying import fill_step, mapped_step, strides_of
from .common.operator import Node, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class SpaceToBatchNd(Blocks):
    code = "SPACE_TO_BATCH_ND"
    example = "i8 1x56x56x24 [2,2] [[0,0],[0,0]]"
    max_version = 4
    versions = Versions("1.6.0 1.14.0 2.3.0 2.12.0", types={"INT8": 2, "INT16": 4})

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), 3 if op.inputs[0] is not None and len(op.inputs[0].shape) != 4 else 1)

    def padded(self, node: Node) -> Shape:
        shape, (sizes, pads) = node.input(0).shape, self.block(node)
        spatial = [whole + before + behind for whole, (before, behind) in zip(shape[1:], pads, strict=False)]
        for whole, size in zip(spatial, sizes, strict=True):
            node.require(whole % size == 0, f"{whole} elements, padded, are not a whole number of blocks of {size}")
        return (shape[0], *spatial, *shape[1 + len(sizes) :])

    def infer(self, node: Node) -> Sequence[Shape]:
        (batch, *rest), (sizes, _) = self.padded(node), self.block(node)
        cut = [whole // size for whole, size in zip(rest, sizes, strict=False)]
        return [(batch * math.prod(sizes), *cut, *rest[len(sizes) :])]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, output = node.input(0), node.outputs[0]
        padded, (sizes, pads) = self.padded(node), self.block(node)
        source = input
        if padded != input.shape:
            source = plan.workspace(padded, input.type)
            fill_step(plan, plan.constant(self.filling(node, input), input.dtype), source)
            strides = strides_of(input.shape, input.dtype.itemsize)
            start = [0, *(before for before, _ in pads), *[0] * (len(padded) - 1 - len(pads))]
            mapped_step(node, plan, input, source, [(range(size), s) for size, s in zip(input.shape, strides, strict=True)], into=start)
        batch_stride, *strides = strides_of(padded, input.dtype.itemsize)
        rest = len(sizes)
        maps = [(range(size), stride) for size, stride in zip(sizes, strides, strict=False)]
        maps.append((range(padded[0]), batch_stride))
        maps += [(range(0, padded[1 + axis], size), strides[axis]) for axis, size in enumerate(sizes)]
        maps += [(range(size), stride) for size, stride in zip(padded[1 + rest :], strides[rest:], strict=True)]
        mapped_step(node, plan, source, output, maps, shape=tuple(len(indices) for indices, _ in maps))
