"""Operators that do more than compute outputs from inputs: they run other graphs, or keep variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...model import Graph, Tensor
from .operator import Node, Operator, Shape, Value

if TYPE_CHECKING:
    from ...memory.state import State, Variable
    from .plan_context import PlanContext, Routine

__all__ = [
    "ControlFlowOp",
    "NeedsCall",
    "Run",
    "SubgraphCallingOp",
    "check_ends",
    "leave_to_teams",
    "of_routine",
    "one_element",
    "variable_of",
]

# Runs a graph on values of its inputs, and returns those of its outputs: views of memory that its next run writes.
Run = Callable[[Graph, Sequence[np.ndarray]], list[np.ndarray]]

# With several threads, a graph that takes so many elementary operations (some fifty microseconds) is called from Python: its
# steps are shared out then, while what runs within a kernel runs in one thread.
_WORTH_A_TEAM = 400_000


class NeedsCall(Exception):
    """An op calls graphs whose shapes only a run can know, so that Python has to call them: `SubgraphCallingOp.run` says how."""

    reason = "which comes of graphs whose shapes only a run knows"
    node: Node

    def __init__(self, for_threads: bool = False) -> None:
        """`for_threads`: shapes are known, and Python calls the graphs so that several threads run their steps."""
        super().__init__()
        self.for_threads = for_threads

    @property
    def name(self) -> str:
        return next((output.name for output in self.node.outputs), self.node.op.name)


class ControlFlowOp(Operator):
    """An operator that plans itself."""

    pure = False

    def plan(self, node: Node, plan: PlanContext) -> None:
        """Add steps; set each output's shape, and its memory by `plan.store` or its value. Raises NeedsCall if only Python can run it."""
        raise NotImplementedError


class SubgraphCallingOp(ControlFlowOp):
    """An operator that calls graphs: by its own steps if all shapes are known beforehand, else by `run`, in Python."""

    graph_options: ClassVar[tuple[str, ...]]

    def graphs(self, node: Node) -> list[Graph]:
        """The graphs that its options name, in the order of `graph_options`."""
        found = [getattr(node.options, name) for name in self.graph_options]
        for name, graph in zip(self.graph_options, found, strict=True):
            node.require(isinstance(graph, Graph), f"its {name} is {graph!r}, where a graph is wanted")
        return found

    def run(self, node: Node, values: list[np.ndarray], call: Run, state: State) -> list[np.ndarray]:
        """The values of the outputs for those of the inputs."""
        raise NotImplementedError

    def fixed(self, node: Node) -> list[tuple[Graph, list[np.ndarray | None]]]:
        """The graphs that `run` calls, each with what is known of its inputs, whatever comes."""
        raise NotImplementedError


def leave_to_teams(plan: PlanContext, *called: PlanContext) -> None:
    """Raise NeedsCall if one of these graphs had better be run by several threads."""
    if plan.threads > 1 and any(inner.cost > _WORTH_A_TEAM for inner in called):
        raise NeedsCall(for_threads=True)


def of_routine(name: str, routine: Routine) -> dict[str, Any]:
    """The fields of a kernel's record for a graph that it runs."""
    return {name: routine, f"{name}_steps": len(routine.steps), f"{name}_failed": routine.failed}


def check_ends(node: Node, graph: Graph, side: str, wanted: Sequence[Value]) -> None:
    """Fail unless a graph's "inputs" or "outputs" are as many as the values that they take or return, and of their types."""
    tensors: list[Tensor] = getattr(graph, side)
    name = f"its graph {graph.name!r}"
    if len(tensors) != len(wanted):
        node.fail(f"{name} has {len(tensors)} {side}, where {len(wanted)} are wanted")
    if side == "inputs":
        node.require(len(set(map(id, tensors))) == len(tensors), f"{name} has one tensor as two inputs")
    for index, (tensor, value) in enumerate(zip(tensors, wanted, strict=True)):
        if tensor.type != value.type:
            node.fail(f"{side[:-1]} {index} of {name}, {tensor.name!r}, is {tensor.type}, where {value} is wanted")


def variable_of(node: Node, plan: PlanContext) -> Variable:
    """The variable whose handle is input 0."""
    handle = node.input(0)
    node.require(handle.type in ("RESOURCE", "INT32"), f"its input {handle} is not a handle: it should be a RESOURCE, or an INT32")
    node.require(handle.size == 1, f"its handle {handle} should be one element")
    return plan.settings.state.variable(int(node.known(0).reshape(-1)[0]))


def one_element(shape: Shape) -> bool:
    """Whether it is a scalar's shape, or that of a list of one, which control flow takes for the same."""
    return shape in ((), (1,))
