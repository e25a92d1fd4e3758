"""MATRIX_SET_DIAG: matrices with their diagonals replaced by input 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import Moving, copy_step
from .common.diagonal import diagonal_step
from .common.operator import Node, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class MatrixSetDiag(Moving):
    code = "MATRIX_SET_DIAG"
    example = "f32 8x24x24 8x24"
    versions = Versions("1.14.0")
    plain_types = "FLOAT32 INT32 INT64 UINT8 INT8 INT16"
    input_count = (2, 2)

    def check_types(self, node: Node) -> None:
        super().check_types(node)
        matrices, diagonal = node.input(0), node.input(1)
        node.require(diagonal.type == matrices.type, f"its diagonal {diagonal} is not {matrices.type}, as its input {matrices.name!r} is")

    def infer(self, node: Node) -> Sequence[Shape]:
        matrices, diagonal = node.input(0), node.input(1)
        shape = matrices.shape
        node.require(len(shape) >= 2, f"its input {matrices} has less than 2 dimensions")
        wanted = (*shape[:-2], min(shape[-2:]))
        node.require(diagonal.shape == wanted, f"its diagonal {diagonal} is not {list(wanted)}, as that of {matrices} is")
        return [shape]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        matrices, output = node.input(0), node.outputs[0]
        if not plan.reuse(output, matrices):
            copy_step(plan, matrices, output)
        diagonal_step(node, plan, node.input(1), output)
