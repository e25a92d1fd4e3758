"""PACK: inputs of one shape, stacked along a new dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .common.copying import Moving
from .common.joining import axis_of, join_steps
from .common.operator import Node, Shape, register
from .common.quantization_rules import JOINS
from .common.versions import Versions

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class Pack(Moving):
    code = "PACK"
    example = "f32 56x24*2 axis=1"
    max_version = 5
    versions = Versions("1.11.0 1.14.0 2.3.0 2.13.0 2.23.0", types={"INT8": 2, "INT16": 3, "UINT32": 4, "FLOAT8": 5})
    plain_types = "FLOAT32 INT32 UINT32 INT8 UINT8 INT16 INT64"
    options = "PackOptions"
    input_count = (1, 1 << 20)
    quantized = JOINS

    def implied_options(self, op: Op) -> dict[str, Any]:
        return {"values_count": len(op.inputs)}

    def of_sizes(self, options: Any, *given: np.ndarray) -> np.ndarray | None:
        return np.stack(given, options.axis)

    def infer(self, node: Node) -> Sequence[Shape]:
        first = node.input(0)
        for index in range(len(node.inputs)):
            value = node.input(index)
            node.require(value.shape == first.shape and value.type == first.type, f"its inputs {first} and {value} differ in shape or type")
        axis = axis_of(node, node.options.axis, len(first.shape) + 1)
        return [(*first.shape[:axis], len(node.inputs), *first.shape[axis:])]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        output = node.outputs[0]
        axis = axis_of(node, node.options.axis, len(output.shape))
        join_steps(plan, map(node.input, range(len(node.inputs))), output, axis)
