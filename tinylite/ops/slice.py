"""SLICE: a box cut out: input 1 says where it begins, input 2 how long it is, -1 for all that is left."""

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
class Slice(Moving):
    code = "SLICE"
    example = "f32 1x56x56x24 [0,1,1,0] [1,54,54,-1]"
    max_version = 8
    versions = Versions(
        "1.14.0 1.14.0 1.14.0 2.4.0 2.5.0 2.14.0 2.21.0 2.23.0",
        types={"INT8": 2, "STRING": 3, "INT16": 4, "UINT32": 6, "INT4": 7, "FLOAT16": 8}, ranks={5: 5},
    )  # fmt: skip
    input_count = (3, 3)
    quantized = MOVES
    picks = True

    def infer(self, node: Node) -> Sequence[Shape]:
        shape, begins, sizes = node.input(0).shape, node.numbers(1), node.numbers(2)
        node.require(len(begins) == len(sizes) == len(shape), f"{len(begins)} begins and {len(sizes)} sizes do not fit {node.input(0)}")
        result = []
        for axis, (whole, begin, size) in enumerate(zip(shape, begins, sizes, strict=True)):
            size = whole - begin if size == -1 else size
            node.require(
                begin >= 0 and size >= 0 and begin + size <= whole, f"it takes {size} from {begin} on of the {whole} in dimension {axis}"
            )
            result.append(size)
        return [tuple(result)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, output = node.input(0), node.outputs[0]
        begins = node.numbers(1)
        strides = strides_of(input.shape, input.dtype.itemsize)
        maps = [(range(begin, begin + size), stride) for begin, size, stride in zip(begins, output.shape, strides, strict=True)]
        mapped_step(node, plan, input, output, maps)
