"""CAST: elements in another type, as C converts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .common.copying import copy_step
from .common.operator import Node, Operator, Shape, register
from .common.versions import Versions, input_type, output_type

if TYPE_CHECKING:
    from ..model import Op, Tensor
    from .common.plan_context import PlanContext


@register
class Cast(Operator):
    """Floats go to integers towards zero and no further than the type goes, NaN to its largest. Scales are not looked at.

    Of complex numbers the real part is kept.
    """

    code = "CAST"
    example = "f32 1x56x56x24 -> i32"
    max_version = 9
    versions = Versions(
        "1.5.0 2.7.0 2.8.0 2.9.0 2.12.0 2.15.0 2.17.0 2.21.0 2.23.0",
        types={"UINT32": 2, "INT8": 3, "UINT16": 4, "FLOAT16": 5, "FLOAT64": 5, "BFLOAT16": 7, "INT2": 8, "UINT4": 8, "FLOAT8": 9},
    )  # fmt: skip
    plain_types = "FLOAT32 FLOAT16 BFLOAT16 FLOAT64 INT8 UINT8 INT16 UINT16 INT32 UINT32 INT64 BOOL COMPLEX64"
    per_element = 1

    def of_sizes(self, options: Any, *given: np.ndarray) -> np.ndarray | None:
        return given[0]

    def version_needed(self, op: Op) -> int:
        made = self.versions.types.get(output_type(op), 1)
        unpacks = (input_type(op, 0), output_type(op)) == ("INT4", "FLOAT32")
        return max(super().version_needed(op), made, 6 if unpacks else 1)

    def data_of(self, op: Op) -> list[Tensor | None]:
        return [*super().data_of(op), *op.outputs[:1]]

    def check_types(self, node: Node) -> None:
        from ..kernels.cast import cast

        types = {source for source, _ in cast}
        for value in (node.input(0), node.outputs[0]):
            if value.type not in types:
                node.unsupported(f"there is no kernel for {value}; there are any two of: {', '.join(sorted(types))}")

    def infer(self, node: Node) -> Sequence[Shape]:
        return [node.input(0).shape]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.cast import BLOCK, cast

        input, output = node.input(0), node.outputs[0]
        if input.type == output.type:
            copy_step(plan, input, output)
            return
        way = [output] if (input.type, output.type) in cast else [plan.workspace(input.shape, "FLOAT32"), output]
        for value in way:
            plan.step(cast[input.type, value.type], work=-(-input.size // BLOCK), cost=BLOCK, x=input, out=value, count=input.size)
            input = value
