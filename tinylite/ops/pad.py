"""PAD: zeros around the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import Op, Tensor
from .common.copying import fill_step, mapped_step, strides_of
from .common.operator import Node, register
from .common.padding import Padding
from .common.quantization_params import scale_and_zero
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class Pad(Padding):
    """Quantized inputs are padded with the output's zero point."""

    code = "PAD"
    example = "i8 1x56x56x24 [[0,0],[1,1],[1,1],[0,0]]"
    max_version = 6
    versions = Versions("1.5.0 1.14.0 2.4.0 2.6.0 2.20.0 2.23.0", types={"INT8": 2, "INT16": 3, "BOOL": 5, "FLOAT8": 6}, ranks={5: 4})
    plain_types = "FLOAT32 FLOAT16 BFLOAT16 UINT8 INT8 INT16 INT32 INT64 BOOL"

    def transposed(self, op: Op, order: Sequence[int]) -> tuple[list[Tensor | None], dict[str, Any]] | None:
        paddings = op.inputs[1]
        if paddings is None or not paddings.is_constant or paddings.data is None:
            return None
        moved = Tensor(f"{op.outputs[0].name}/paddings", type="INT32", has_rank=True)
        moved.data = np.ascontiguousarray(paddings.data[np.argsort(order)], np.int32)
        return [moved], {}

    def value(self, node: Node, plan: PlanContext) -> Any:
        """The element to pad with."""
        output = node.outputs[0]
        zero = scale_and_zero(node, output)[1] if output.type in ("INT8", "UINT8", "INT16") and output.quantized else 0
        return plan.constant([zero], output.dtype)

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, output = node.input(0), node.outputs[0]
        fill_step(plan, self.value(node, plan), output)
        strides = strides_of(input.shape, input.dtype.itemsize)
        maps = [(range(size), stride) for size, stride in zip(input.shape, strides, strict=True)]
        mapped_step(node, plan, input, output, maps, into=[before for before, _ in self.amounts(node)])
