"""BROADCAST_TO: the input stretched to a shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.broadcasting import broadcast
from .common.copying import Moving, mapped_step, strides_of
from .common.operator import Node, Shape, register
from .common.quantization_rules import MOVES
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class BroadcastTo(Moving):
    code = "BROADCAST_TO"
    example = "f32 1x24 [56,24]"
    max_version = 4
    versions = Versions("- 2.5.0 2.5.0 2.23.0", types={"INT8": 3, "INT16": 3, "FLOAT8": 4})
    quantized = MOVES
    input_count = (2, 2)

    def infer(self, node: Node) -> Sequence[Shape]:
        wanted = tuple(node.numbers(1))
        node.require(broadcast(node, node.input(0).shape, wanted) == wanted, f"{node.input(0)} does not stretch to {list(wanted)}")
        return [wanted]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, output = node.input(0), node.outputs[0]
        strides = strides_of(input.shape, input.dtype.itemsize)
        new = len(output.shape) - len(input.shape)
        given = [0] * new + [stride if size > 1 else 0 for size, stride in zip(input.shape, strides, strict=True)]
        mapped_step(node, plan, input, output, [(range(size), stride) for size, stride in zip(output.shape, given, strict=True)])
