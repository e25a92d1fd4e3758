"""ASSIGN_VARIABLE: give a variable, by its handle, a value that later runs read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .common.flow import ControlFlowOp, variable_of
from .common.operator import Node, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class AssignVariable(ControlFlowOp):
    """The variable takes over type and shape of the value, whatever it was before."""

    code = "ASSIGN_VARIABLE"
    versions = Versions("2.6.0")
    writes = True
    input_count = (2, 2)
    output_count = (0, 0)

    def check_types(self, node: Node) -> None:
        node.require(node.input(1).type != "RESOURCE", f"its value {node.input(1)} is a RESOURCE, and no variable holds one")

    def plan(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.flow import assign_variable

        variable, value = variable_of(node, plan), node.input(1)
        number = variable.form(value.type, value.shape, value.nbytes)
        plan.forms[variable] = number
        plan.step(
            assign_variable, work=1, cost=value.nbytes // 8 + 8, variable=variable.forms[number].memory, cell=variable.cell,
            form=number, value=value, size=value.nbytes,
        )  # fmt: skip
