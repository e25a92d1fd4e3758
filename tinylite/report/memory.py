"""Where the memory of an interpreter goes, and its memory plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..engine.plan import Plan
from ..engine.segment import name_in_file
from ..interpreter import Interpreter
from ..model import called_graphs

__all__ = ["MemoryUse", "Placed", "memory_of"]


@dataclass(frozen=True)
class Placed:
    """A tensor in an arena: `size` bytes from `offset` on, from step `first` to step `last`, both included.

    Input values are there before the first step (-1 for variables, which last from run to run); what a run leaves is there until the last.
    Where shapes depend on values a run goes through several arenas, counted by `arena` from 0, each with its own steps.
    """

    arena: int
    name: str
    offset: int
    size: int
    first: int
    last: int


@dataclass(frozen=True)
class MemoryUse:
    """The bytes that a graph of an interpreter takes, and what lies where.

    arena      tensors that runs write, which share memory when they are not needed at the same time
    weights    constants of the graph and of those that it calls, as the file has them; of a large file only what is read is in memory
    packed     copies of weights in the order in which kernels read them, and tables
    variables  what lasts from run to run beside the arena: resource variables, and memory of ops
    scratch    the kernels' own, of all threads
    steps      for each arena the operator of each step
    plan       for each arena its tensors, in the order of use
    """

    arena: int
    weights: int
    packed: int
    variables: int
    scratch: int
    steps: tuple[tuple[str, ...], ...]
    plan: tuple[Placed, ...]

    @property
    def total(self) -> int:
        """All of it together; the process has code, Python and its libraries beside."""
        return self.arena + self.weights + self.packed + self.variables + self.scratch


def memory_of(interpreter: Interpreter, graph: int = 0) -> MemoryUse:
    """What a graph takes. Raises InvokeError before it is allocated.

    Where shapes depend on values, of what the last run has gone through. What clones share is counted for each of them.
    """
    runner = interpreter.get_graph_runner(graph)
    plan = runner.plan
    segments = plan.segments
    constants = {
        tensor.buffer.ctypes.data: tensor.buffer.nbytes
        for called in called_graphs(runner.graph)
        for tensor in called.all_tensors()
        if tensor.buffer is not None
    }
    threads = interpreter.runtime.threads
    own = sum(segment.scratch.nbytes for segment in segments)
    team = threads * max((segment.scratch.nbytes for segment in segments), default=0) if threads > 1 else 0
    return MemoryUse(
        plan.arena_size, sum(constants.values()), _packed(plan, constants), _variables(interpreter, plan), own + team,
        tuple(tuple(name_in_file(step.node.op) for step in segment.steps) for segment in segments), _placed(plan),
    )  # fmt: skip


def _packed(plan: Plan, constants: dict[int, int]) -> int:
    """What was prepared for kernels, without the constants themselves, which arrays of the plan may refer to."""
    found: dict[int, int] = {}
    for array in plan.prepared_arrays():
        found[array.ctypes.data] = max(array.nbytes, found.get(array.ctypes.data, 0))
    starts = np.array(sorted(constants), np.int64)
    ends = starts + np.array([constants[int(start)] for start in starts], np.int64)
    total = 0
    for start, size in found.items():
        at = int(np.searchsorted(starts, start, "right")) - 1
        if at < 0 or start >= ends[at]:
            total += size
    return total


def _variables(interpreter: Interpreter, plan: Plan) -> int:
    resources = sum(form.memory.size for variable in interpreter.runtime.state.variables.values() for form in variable.forms.values())
    return resources + sum(region.size for region in plan.planner.kept.values())


def _placed(plan: Plan) -> tuple[Placed, ...]:
    return tuple(
        Placed(arena, block.name, block.offset, block.size, block.first, min(block.last, max(len(segment.steps) - 1, 0)))
        for arena, (segment, blocks) in enumerate(zip(plan.segments, plan.arenas, strict=True))
        for block in blocks
    )
