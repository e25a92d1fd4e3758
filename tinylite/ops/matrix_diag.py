"""MATRIX_DIAG: matrices with given diagonals, zero elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .common.copying import Moving, fill_step
from .common.diagonal import diagonal_step
from .common.operator import Node, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class MatrixDiag(Moving):
    """[..., n] to [..., n, n]. Quantized elements are stored zeros elsewhere, whatever the zero point."""

    code = "MATRIX_DIAG"
    example = "f32 8x24"
    versions = Versions("1.14.0")
    plain_types = "FLOAT32 INT32 INT64 UINT8 INT8 INT16"

    def infer(self, node: Node) -> Sequence[Shape]:
        shape = node.input(0).shape
        node.require(bool(shape), f"its input {node.input(0)} is a scalar")
        return [(*shape, shape[-1])]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        output = node.outputs[0]
        fill_step(plan, plan.constant(np.zeros(1), output.dtype), output)
        diagonal_step(node, plan, node.input(0), output)
