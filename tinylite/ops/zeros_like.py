"""ZEROS_LIKE: zeros of the input's shape and type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .common.copying import Moving, fill_step
from .common.operator import Node, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class ZerosLike(Moving):
    code = "ZEROS_LIKE"
    versions = Versions("1.12.0")
    plain_types = "FLOAT32 INT32 INT64"

    def infer(self, node: Node) -> Sequence[Shape]:
        return [node.input(0).shape]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        output = node.outputs[0]
        fill_step(plan, plan.constant(np.zeros(1), output.dtype), output)
