"""CALL_ONCE: run a graph at its first time, mostly to give variables their first values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model import Graph
from .common.flow import Run, SubgraphCallingOp, check_ends, of_routine
from .common.operator import Node, register
from .common.versions import Versions

if TYPE_CHECKING:
    from ..memory.state import State
    from .common.plan_context import PlanContext


@register
class CallOnce(SubgraphCallingOp):
    """Neither it nor init_subgraph has inputs or outputs. Once in an interpreter's life, however many ops name the graph."""

    code = "CALL_ONCE"
    versions = Versions("2.5.0")
    writes = True
    options = "CallOnceOptions"
    input_count = (0, 0)
    output_count = (0, 0)
    graph_options = ("init_subgraph_index",)

    def check_types(self, node: Node) -> None:
        (graph,) = self.graphs(node)
        check_ends(node, graph, "inputs", [])
        check_ends(node, graph, "outputs", [])

    def plan(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.flow import run_once

        (graph,) = self.graphs(node)
        done = plan.settings.state.done(graph)
        if plan.memory.word(done)[0]:
            return
        called = plan.called(graph, [])
        plan.agree(called)
        plan.expected.update(called.forms)  # in later runs the variables are as the run before has left them
        routine = plan.routine(called)
        plan.step(run_once, work=1, cost=100, done=done, routines=[routine], scratch=routine.scratch, **of_routine("init", routine))

    def fixed(self, node: Node) -> list[tuple[Graph, list[np.ndarray | None]]]:
        return [(graph, []) for graph in self.graphs(node)]

    def run(self, node: Node, values: list[np.ndarray], call: Run, state: State) -> list[np.ndarray]:
        (graph,) = self.graphs(node)
        done = state.memory.word(state.done(graph))
        if not done[0]:
            call(graph, [])
            done[0] = 1
        return []
