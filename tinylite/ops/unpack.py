"""UNPACK: the slices along one dimension, each an output without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import Moving
from .common.joining import axis_of, split_steps
from .common.operator import Node, Shape, register
from .common.quantization_rules import MOVES
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class Unpack(Moving):
    code = "UNPACK"
    max_version = 6
    versions = Versions(
        "1.11.0 1.14.0 2.2.0 2.3.0 2.22.0 2.23.0",
        types={"INT8": 2, "UINT8": 2, "BOOL": 3, "INT16": 4, "FLOAT16": 5, "BFLOAT16": 5, "FLOAT8": 6},
    )  # fmt: skip
    plain_types = "FLOAT32 FLOAT16 BFLOAT16 INT32 INT8 UINT8 INT16 BOOL"
    options = "UnpackOptions"
    output_count = (1, 1 << 20)
    quantized = MOVES

    def infer(self, node: Node) -> Sequence[Shape]:
        shape = node.input(0).shape
        axis = axis_of(node, node.options.axis, len(shape))
        node.require(
            shape[axis] == node.options.num == len(node.outputs),
            f"it has {len(node.outputs)} outputs and the option num {node.options.num} for the {shape[axis]} slices of {node.input(0)}",
        )
        return [shape[:axis] + shape[axis + 1 :]] * len(node.outputs)

    def prepare(self, node: Node, plan: PlanContext) -> None:
        data = node.input(0)
        split_steps(plan, data, node.outputs, axis_of(node, node.options.axis, len(data.shape)))
