"""BATCH_TO_SPACE_ND: the opposite of SPACE_TO_BATCH_ND: batches laid into blocks, and the edges cut off."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .common.blocks import Blocks
from .common.copying import mapped_step, strides_of
from .common.operator import Node, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class BatchToSpaceNd(Blocks):
    code = "BATCH_TO_SPACE_ND"
    example = "i8 4x28x28x24 [2,2] [[0,0],[0,0]]"
    max_version = 4
    versions = Versions("1.6.0 1.14.0 2.3.0 2.12.0", types={"INT8": 2, "INT16": 4})

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), 3 if op.inputs[0] is not None and len(op.inputs[0].shape) != 4 else 1)

    def infer(self, node: Node) -> Sequence[Shape]:
        (batch, *rest), (sizes, crops) = node.input(0).shape, self.block(node)
        count = math.prod(sizes)
        node.require(batch % count == 0, f"{batch} batches do not fill blocks of {count}")
        spatial = [whole * size - sum(crop) for whole, size, crop in zip(rest, sizes, crops, strict=False)]
        node.require(min(spatial) >= 0, f"its crops {crops} leave less than nothing of {node.input(0)}")
        return [(batch // count, *spatial, *rest[len(sizes) :])]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, output = node.input(0), node.outputs[0]
        sizes, crops = self.block(node)
        plan.check_table(max(output.shape[1 : 1 + len(sizes)]))
        batch_stride, *strides = strides_of(input.shape, input.dtype.itemsize)
        # A place in a block chooses a batch, the block itself a place in that: two ways for each dimension, added up.
        place_strides = [batch_stride * output.shape[0] * math.prod(sizes[axis + 1 :]) for axis in range(len(sizes))]
        maps: list[tuple[range | np.ndarray, int]] = [(range(output.shape[0]), batch_stride)]
        for axis, (size, (before, _)) in enumerate(zip(sizes, crops, strict=True)):
            at = np.arange(before, before + output.shape[1 + axis])
            maps.append((at % size * place_strides[axis] + at // size * strides[axis], 1))
        rest = zip(output.shape[1 + len(sizes) :], strides[len(sizes) :], strict=True)
        maps += [(range(size), stride) for size, stride in rest]
        mapped_step(node, plan, input, output, maps)
