"""PADV2: a given value around the input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .common.operator import Node, register
from .common.quantization_params import scale_and_zero
from .common.versions import Versions
from .pad import Pad

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class PadV2(Pad):
    code = "PADV2"
    example = "f32 1x56x56x24 [[0,0],[1,1],[1,1],[0,0]] (-1.5)"
    max_version = 6
    versions = Versions("1.9.0 1.14.0 2.4.0 2.6.0 2.20.0 2.23.0", types={"INT8": 2, "INT16": 3, "BOOL": 5, "FLOAT8": 6}, ranks={5: 4})
    plain_types = "FLOAT32 FLOAT16 BFLOAT16 UINT8 INT8 INT16 INT32 INT64 BOOL"
    input_count = (3, 3)

    def check_types(self, node: Node) -> None:
        super().check_types(node)
        value, output = node.input(2), node.outputs[0]
        node.require(value.size == 1 and value.type == output.type, f"its value {value} is not one {output.type}")
        if value.quantized and output.quantized:
            node.require(
                scale_and_zero(node, value) == scale_and_zero(node, output),
                f"its value {value} has another scale or zero point than {output}",
            )

    def value(self, node: Node, plan: PlanContext) -> Any:
        return node.input(2)
