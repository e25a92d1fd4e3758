"""TILE: the input repeated along each dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import Moving, mapped_step, strides_of
from .common.operator import Node, Shape, register
from .common.quantization_rules import MOVES
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class Tile(Moving):
    code = "TILE"
    example = "f32 1x56x24 [1,2,1]"
    max_version = 3
    versions = Versions("1.10.1 2.2.0 2.8.0", types={"STRING": 2, "INT8": 3})
    input_count = (2, 2)
    quantized = MOVES

    def infer(self, node: Node) -> Sequence[Shape]:
        shape, times = node.input(0).shape, node.numbers(1)
        node.require(len(times) == len(shape), f"it has {len(times)} multiples for the dimensions of {node.input(0)}")
        node.require(min(times, default=0) >= 0, f"its multiples {times} hold a negative one")
        return [tuple(size * count for size, count in zip(shape, times, strict=True))]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, output = node.input(0), node.outputs[0]
        strides = strides_of(input.shape, input.dtype.itemsize)
        shape: list[int] = []
        maps: list[tuple[range, int]] = []
        for size, times, stride in zip(input.shape, node.numbers(1), strides, strict=True):
            if times > 1:  # a separate dimension, which leads nowhere
                shape.append(times)
                maps.append((range(times), 0))
            shape.append(size)
            maps.append((range(size), stride))
        mapped_step(node, plan, input, output, maps, shape=tuple(shape))
