"""SPLIT: equal parts along one dimension; input 0 names the dimension, input 1 is the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import Moving
from .common.joining import axis_of, split_steps
from .common.operator import Node, Shape, register
from .common.quantization_rules import QuantizationRule
from .common.versions import Versions

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class Split(Moving):
    code = "SPLIT"
    example = "f32 (3) 1x56x56x24 num_splits=2"
    max_version = 5
    versions = Versions("1.5.0 1.14.0 1.14.0 2.3.0 2.23.0", other=(1, {"INT8": 2, "INT32": 3, "INT16": 4, "FLOAT8": 5}))
    plain_types = "FLOAT32 INT32 INT64 UINT8 INT8 INT16"
    data_input = 1
    options = "SplitOptions"
    input_count = (2, 2)
    output_count = (1, 1 << 20)
    data_input = 1
    quantized = QuantizationRule(moves=("UINT8", "INT8"), copies=True, ranges="forward")

    def outputs_of(self, op: Op) -> int:
        return int(op.options.num_splits) if op.options is not None else 1

    def axis(self, node: Node) -> int:
        numbers = node.numbers(0)
        node.require(len(numbers) == 1, f"it takes one axis, not {numbers}")
        return axis_of(node, numbers[0], len(node.input(1).shape))

    def sizes(self, node: Node) -> list[int]:
        """How long each part is."""
        count, size = len(node.outputs), node.input(1).shape[self.axis(node)]
        node.require(count == node.options.num_splits, f"it has {count} outputs and the option num_splits {node.options.num_splits}")
        node.require(size % count == 0, f"dimension {self.axis(node)} of {node.input(1)} does not split into {count} equal parts")
        return [size // count] * count

    def infer(self, node: Node) -> Sequence[Shape]:
        axis, shape = self.axis(node), node.input(self.data_input).shape
        return [(*shape[:axis], size, *shape[axis + 1 :]) for size in self.sizes(node)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        split_steps(plan, node.input(self.data_input), node.outputs, self.axis(node))
