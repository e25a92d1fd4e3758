"""IF: run one of two graphs, as input 0 says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import Graph
from .common.copying import copy_step
from .common.flow import NeedsCall, Run, SubgraphCallingOp, check_ends, leave_to_teams, of_routine
from .common.operator import Node, Value, register
from .common.versions import Versions

if TYPE_CHECKING:
    from ..memory.state import State
    from .common.plan_context import PlanContext


@register
class If(SubgraphCallingOp):
    """Input 0 is one BOOL; the others are the inputs of then_subgraph and else_subgraph, which may return different shapes."""

    code = "IF"
    versions = Versions("1.15.0")
    options = "IfOptions"
    input_count = (1, 1 << 20)
    output_count = (0, 1 << 20)
    graph_options = ("then_subgraph_index", "else_subgraph_index")

    def check_types(self, node: Node) -> None:
        condition = node.input(0)
        node.require(condition.type == "BOOL", f"its condition {condition} is not BOOL")
        for graph in self.graphs(node):
            check_ends(node, graph, "inputs", self.passed(node))
            check_ends(node, graph, "outputs", node.outputs)

    def passed(self, node: Node) -> list[Value]:
        """What the graphs get."""
        return [node.input(index) for index in range(1, len(node.inputs))]

    def plan(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.flow import branch

        condition, graphs = node.input(0), self.graphs(node)
        node.require(condition.size == 1, f"its condition {condition} is not one element")
        test: Any = condition
        if condition.constant_value is not None:
            test, graphs = plan.constant([True], np.bool_), [graphs[0] if condition.constant_value.item() else graphs[1]]
        called = [plan.called(graph, self.passed(node)) for graph in graphs]
        plan.agree(*called)
        given = [[inner.value(tensor) for tensor in graph.outputs] for inner, graph in zip(called, graphs, strict=True)]
        if any(value.shape != values[0].shape for values in zip(*given, strict=True) for value in values):
            raise NeedsCall
        leave_to_teams(plan, *called)
        for output, *values in zip(node.outputs, *given, strict=True):
            output.shape = values[0].shape
            if output.type == "RESOURCE":
                if any(value.constant_value != values[0].constant_value for value in values):
                    node.unsupported(f"which handle its output {output} is depends on its condition")
                output.constant_value = values[0].constant_value
            else:
                output.storage = plan.store(output)
        for inner, values in zip(called, given, strict=True):
            for value, output in zip(values, node.outputs, strict=True):
                if output.constant_value is None:
                    copy_step(inner, value, output)
        routines = [plan.routine(inner, *node.outputs) for inner in called]
        plan.step(
            branch, work=1, cost=max(routine.cost for routine in routines) + 100, test=test, routines=routines,
            scratch=max(routine.scratch for routine in routines), **of_routine("on_true", routines[0]),
            **of_routine("on_false", routines[-1]),
        )  # fmt: skip

    def fixed(self, node: Node) -> list[tuple[Graph, list[np.ndarray | None]]]:
        known = [value.constant_value for value in self.passed(node)]
        return [(graph, known) for graph in self.graphs(node)]

    def run(self, node: Node, values: list[np.ndarray], call: Run, state: State) -> list[np.ndarray]:
        on_true, on_false = self.graphs(node)
        condition, *passed = values
        return call(on_true if condition.item() else on_false, passed)
