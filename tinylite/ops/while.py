"""WHILE: run a graph on its own outputs, as long as another one says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import InvokeError
from ..limits import max_loop_iterations
from ..model import Graph
from .common.copying import copy_step
from .common.flow import NeedsCall, Run, SubgraphCallingOp, check_ends, leave_to_teams, of_routine, one_element
from .common.operator import Node, Value, register
from .common.versions import Versions

if TYPE_CHECKING:
    from ..memory.state import State
    from .common.plan_context import PlanContext

# How many iterations are assumed where work is shared out: as much as lets other Python threads run meanwhile.
_TURNS = 100
# Elementary operations after which a loop looks for signals: a fraction of a millisecond.
_PACE = 1 << 22


@register
class While(SubgraphCallingOp):
    """Inputs are the variables' first values, outputs their last. cond_subgraph makes of them one BOOL, body_subgraph their next.

    A variable that the body returns as it is (the output is the input itself) is never copied, and known to both graphs if it
    is known. Shapes may change from iteration to iteration.
    """

    code = "WHILE"
    versions = Versions("1.15.0")
    options = "WhileOptions"
    input_count = (0, 1 << 20)
    output_count = (0, 1 << 20)
    graph_options = ("cond_subgraph_index", "body_subgraph_index")

    def check_types(self, node: Node) -> None:
        cond, body = self.graphs(node)
        variables = [node.input(index) for index in range(len(node.inputs))]
        node.require(len(node.outputs) == len(variables), f"it has {len(variables)} inputs and {len(node.outputs)} outputs, not as many")
        for value, output in zip(variables, node.outputs, strict=True):
            node.require(output.type == value.type, f"its output {output} is not {value.type}, as its input {value.name!r} is")
        node.require(cond is not body, f"one graph, {cond.name!r}, is both its condition and its body")
        check_ends(node, cond, "inputs", variables)
        node.require(len(cond.outputs) == 1, f"its condition {cond.name!r} has {len(cond.outputs)} outputs, where one is wanted")
        node.require(cond.outputs[0].type == "BOOL", f"its condition {cond.name!r} returns {cond.outputs[0]}, where one BOOL is wanted")
        check_ends(node, body, "inputs", variables)
        check_ends(node, body, "outputs", variables)
        for value, same in zip(variables, unchanged(body), strict=True):
            if value.type == "RESOURCE" and not same:
                node.unsupported(f"its body {body.name!r} changes the handle {value}")

    def plan(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.flow import while_loop

        cond, body = self.graphs(node)
        first = [node.input(index) for index in range(len(node.inputs))]
        changing = [(value, output) for value, output, same in zip(first, node.outputs, unchanged(body), strict=True) if not same]
        for value, output in changing:
            output.shape = value.shape
            output.storage = plan.store(output)
        # Variables that change live where the outputs are wanted, the others where they are.
        variables = [value if same else output for value, output, same in zip(first, node.outputs, unchanged(body), strict=True)]
        expendable = [tensor for tensor, same in zip(body.inputs, unchanged(body), strict=True) if not same]
        test, turn = plan.called(cond, variables), plan.called(body, variables, expendable)
        verdict = test.value(cond.outputs[0])
        self.check_verdict(node, verdict.shape)
        plan.agree(test, turn)
        following = [turn.value(tensor) for tensor, same in zip(body.outputs, unchanged(body), strict=True) if not same]
        for value, (_, variable) in zip(following, changing, strict=True):
            if value.shape != variable.shape and not (one_element(value.shape) and one_element(variable.shape)):
                raise NeedsCall
        leave_to_teams(plan, test, turn)
        self.pass_on(turn, following, [variable for _, variable in changing])
        for value, variable in changing:
            copy_step(plan, value, variable)
        routines, limit = [plan.routine(test), plan.routine(turn)], max_loop_iterations()
        turn_cost = sum(routine.cost + 1000 for routine in routines)
        plan.step(
            while_loop, work=1, cost=_TURNS * turn_cost, test=verdict, limit=limit, pace=max(_PACE // turn_cost, 1),
            routines=routines, scratch=max(routine.scratch for routine in routines), failures={3: iterations_message(limit)},
            **of_routine("cond", routines[0]), **of_routine("body", routines[1]),
        )  # fmt: skip
        for value, (_, variable) in zip(following, changing, strict=True):
            variable.shape = value.shape
        for value, output, same in zip(first, node.outputs, unchanged(body), strict=True):
            if same:
                self.pass_through(plan, value, output)

    def pass_through(self, plan: PlanContext, value: Value, output: Value) -> None:
        """Output a variable that no iteration changes."""
        output.shape, output.constant_value = value.shape, value.constant_value
        if value.constant_value is None:
            output.storage = plan.store(output)
            if not plan.alias(output, value) and (plan.keep_all or id(output.tensor) in plan.uses):
                copy_step(plan, value, output)

    def pass_on(self, turn: PlanContext, following: list[Value], variables: list[Value]) -> None:
        """Copy what an iteration returns to where the next one finds it, unless it is there; first what lies where others are wanted."""
        wanted = [id(variable.storage) for variable in variables]
        for index, (value, variable) in enumerate(zip(following, variables, strict=True)):
            if id(value.storage) in wanted and value.storage is not variable.storage:
                following[index] = turn.workspace(value.shape, value.type)
                copy_step(turn, value, following[index])
        for value, variable in zip(following, variables, strict=True):
            if value.storage is not variable.storage:
                copy_step(turn, value, variable)

    def check_verdict(self, node: Node, shape: tuple[int, ...]) -> None:
        node.require(one_element(shape), f"its condition returns the shape {list(shape)}, where one BOOL is wanted")

    def fixed(self, node: Node) -> list[tuple[Graph, list[np.ndarray | None]]]:
        cond, body = self.graphs(node)
        known = [value.constant_value if value and same else None for value, same in zip(node.inputs, unchanged(body), strict=True)]
        return [(cond, known), (body, known)]

    def run(self, node: Node, values: list[np.ndarray], call: Run, state: State) -> list[np.ndarray]:
        cond, body = self.graphs(node)
        limit = max_loop_iterations()
        for _ in range(limit + 1):
            (verdict,) = call(cond, values)
            self.check_verdict(node, verdict.shape)
            if not verdict.item():
                return values
            values = call(body, values)
        raise InvokeError(iterations_message(limit))


def unchanged(body: Graph) -> list[bool]:
    """Which variables a body returns as they are."""
    return [input is output for input, output in zip(body.inputs, body.outputs, strict=True)]


def iterations_message(limit: int) -> str:
    return f"it has not ended after {limit} iterations, the limit that TINYLITE_MAX_LOOP_ITERATIONS sets"
