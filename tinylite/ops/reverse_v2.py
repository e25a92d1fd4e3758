"""REVERSE_V2: the input turned round along some dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import Moving, mapped_step, strides_of
from .common.joining import axis_of
from .common.operator import Node, Shape, register
from .common.quantization_rules import MOVES
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class ReverseV2(Moving):
    code = "REVERSE_V2"
    example = "f32 1x56x24 [1]"
    max_version = 4
    versions = Versions("1.14.0 2.2.0 2.5.0 2.23.0", types={"BOOL": 2, "INT8": 3, "FLOAT8": 4})
    plain_types = "FLOAT32 FLOAT16 BFLOAT16 UINT8 INT8 INT16 INT32 INT64 BOOL"
    input_count = (2, 2)
    quantized = MOVES

    def infer(self, node: Node) -> Sequence[Shape]:
        for axis in node.numbers(1):
            axis_of(node, axis, len(node.input(0).shape))
        return [node.input(0).shape]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, output = node.input(0), node.outputs[0]
        turned = {axis_of(node, axis, len(input.shape)) for axis in node.numbers(1)}
        strides = strides_of(input.shape, input.dtype.itemsize)
        maps = [
            (range(size - 1, -1, -1) if axis in turned else range(size), stride)
            for axis, (size, stride) in enumerate(zip(input.shape, strides, strict=True))
        ]
        mapped_step(node, plan, input, output, maps)
