"""READ_VARIABLE: the value of a variable, by its handle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .common.flow import ControlFlowOp, variable_of
from .common.operator import Node, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class ReadVariable(ControlFlowOp):
    """The output's shape is what was assigned; as long as nothing was, the one that the output says."""

    code = "READ_VARIABLE"
    versions = Versions("2.6.0")

    def check_types(self, node: Node) -> None:
        output = node.outputs[0]
        node.require(output.type != "RESOURCE", f"its output {output} is a RESOURCE, and no variable holds one")

    def plan(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.flow import read_variable

        (output,) = node.outputs
        variable = variable_of(node, plan)
        number = plan.forms.get(variable)
        if number is None:
            number = plan.expected.setdefault(
                variable, plan.settings.state.now(variable) or variable.form(output.type, output.shape, output.nbytes)
            )
        form = variable.forms[number]
        if form.type != output.type:
            node.fail(f"its output {output} is {output.type}, and the variable {variable.name!r} is {form.type}")
        output.shape = form.shape
        output.storage = plan.store(output)
        plan.step(
            read_variable, work=1, cost=output.nbytes // 8 + 8, variable=form.memory, cell=variable.cell, form=number, output=output,
            size=output.nbytes, failures={
                1: f"the variable {variable.name!r} has no value yet: nothing was assigned to it",
                2: f"the variable {variable.name!r} has got another type or shape than {form.type} {list(form.shape)} within this run",
            },
        )  # fmt: skip
