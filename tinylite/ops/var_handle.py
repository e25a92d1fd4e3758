"""VAR_HANDLE: the handle of a variable, which outlasts a run and is common to all graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .common.flow import ControlFlowOp
from .common.operator import Node, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class VarHandle(ControlFlowOp):
    """Variables of one container and shared_name are one."""

    code = "VAR_HANDLE"
    versions = Versions("2.6.0")
    options = "VarHandleOptions"
    input_count = (0, 0)

    def check_types(self, node: Node) -> None:
        node.require(node.outputs[0].type in ("RESOURCE", "INT32"), f"its output {node.outputs[0]} is not a RESOURCE")

    def plan(self, node: Node, plan: PlanContext) -> None:
        (output,) = node.outputs
        handle = plan.settings.state.handle(node.options.container or "", node.options.shared_name or "")
        output.shape, output.constant_value = (), np.array(handle, np.int32)
