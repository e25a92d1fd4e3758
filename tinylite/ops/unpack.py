"""UNPACK: the slices along one dimension, each an output without it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .common.copying import Moving
from .common.joining import axis_of, split_steps
from .common.operator import Node, Shape, register
from .common.quantization_rules import MOVES
from .common.versions import Versions

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class Unpack(Moving):
    code = "UNPACK"
    example = "f32 4x56x24"
    max_version = 6
    versions = Versions(
        "1.11.0 1.14.0 2.2.0 2.3.0 2.22.0 2.23.0",
        types={"INT8": 2, "UINT8": 2, "BOOL": 3, "INT16": 4, "FLOAT16": 5, "BFLOAT16": 5, "FLOAT8": 6},
    )  # fmt: skip
    plain_types = "FLOAT32 FLOAT16 BFLOAT16 INT32 INT8 UINT8 INT16 BOOL"
    options = "UnpackOptions"
    output_count = (1, 1 << 20)
    quantized = MOVES

    def implied_options(self, op: Op) -> dict[str, Any]:
        data, axis = op.inputs[0], op.options.axis if op.options is not None else 0
        return {"num": data.shape[axis]} if data is not None and -len(data.shape) <= axis < len(data.shape) else {}

    def outputs_of(self, op: Op) -> int:
        return int(op.options.num) if op.options is not None else 1

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
