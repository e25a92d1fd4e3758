"""From a Graph to something that runs: order, shapes, memory, and an array of step records for the native executor.

    Planner   walks the ops once: checks them, infers shapes, computes what does not depend on inputs, and lets each operator
              prepare its steps; its Layout assigns memory to what they work on
    Segment   steps that run in one native call, with their memory
    Routine   a graph that an op calls, as steps that its kernel runs, in memory that is part of the caller's
    Plan      the segments of a graph; one, unless a shape depends on a value that only a run can know

Where planning needs what only a run can determine, a segment ends: a value that decides a shape, or the outputs of an op that
calls graphs of unknown shapes, which Python runs then. Planning goes on with what was found, and what comes of it is kept
for the next run that finds the same. So the parts of a plan are a tree, and a run is a way from its root.
"""

from __future__ import annotations

import copy
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from .. import ops
from ..arithmetic import FAST, Arithmetic
from ..errors import at
from ..kernels.store import Progress
from ..limits import memory_limit
from ..memory.arena import Region, Storage
from ..memory.state import State
from ..model import Graph, Tensor
from ..ops.common.flow import NeedsCall, SubgraphCallingOp
from ..ops.common.operator import NeedsValue, Node, Shape, Value
from .checks import prepared_graph
from .planner import Planner
from .segment import OpSteps, Segment, Step, describe, routines_of, steps_by_op
from .settings import Settings

if TYPE_CHECKING:
    from .timed import Timed

__all__ = ["Plan"]

# Bytes of parts that are kept for runs to come, if a quarter of the memory allowed is no less; beyond that a plan forgets them.
_KEPT = 256 << 20
# What a part takes beside its tensors, in bytes, about.
_PART = 100_000


@dataclass(eq=False)
class _Part:
    """A segment, what only a run of it can determine, and the parts that follow, by what was found."""

    planner: Planner
    segment: Segment
    need: NeedsValue | NeedsCall | None
    before: _Part | None
    following: dict[Hashable, _Part] = field(default_factory=dict)
    taken: Sequence[Value] = ()  # the values that take in what the call before it returns
    callees: dict[int, _Callee] = field(default_factory=dict)  # the graphs that a call after it needs, by id

    def twin(self, state: State, kept: dict[int, Region], before: _Part | None) -> _Part:
        """The same in a clone, without what follows."""
        planner = self.planner.twin(state, kept)
        callees = {key: callee.clone(state) for key, callee in self.callees.items()}
        return _Part(planner, planner.bind(planner.threads), self.need, before, taken=self.taken, callees=callees)

    @property
    def ops(self) -> list[OpSteps]:
        """Its ops, with that which is called after it."""
        return [*steps_by_op(self.segment.steps), *([OpSteps(self.need.node, 0, [])] if isinstance(self.need, NeedsCall) else ())]

    @property
    def size(self) -> int:
        """The bytes that it takes, about; what it shares with the parts before it is not counted again."""
        shared = sum(array.nbytes for array in self.before.planner.arrays.values()) if self.before is not None else 0
        return _PART + self.planner.arena_size + self.planner.prepared - shared


class Plan:
    """A graph made ready for inputs of fixed shapes, in an arithmetic.

    Raises what planning raises: ModelError, UnsupportedError, OutOfMemoryError, KernelError.
    """

    def __init__(
        self, graph: Graph, shapes: Mapping[int, Shape] | None = None, *, keep_all: bool = False, threads: int = 1,
        arithmetic: Arithmetic = FAST, state: State | None = None, progress: Progress | None = None,
    ) -> None:  # fmt: skip
        settings = Settings(keep_all, threads, arithmetic, State() if state is None else state)
        self._start(graph, shapes or {}, settings, {}, progress)

    @staticmethod
    def called(
        graph: Graph, shapes: Mapping[int, Shape], settings: Settings, given: Mapping[int, Value], progress: Progress | None
    ) -> Plan:
        """The plan of a graph that another one calls."""
        plan = Plan.__new__(Plan)
        plan._start(graph, shapes, settings, given, progress)
        return plan

    def _start(
        self, graph: Graph, shapes: Mapping[int, Shape], settings: Settings, given: Mapping[int, Value], progress: Progress | None
    ) -> None:
        self._made_of = prepared_graph(graph, settings.keeps_ops, settings.callers), shapes, settings, given
        self.settings = settings
        self.progress = progress
        self._plan_anew()
        self.reset_variables()

    def _plan_anew(self) -> None:
        self._last = self.root = self._part(Planner(*self._made_of), None)
        self._kept = 0

    def _part(self, planner: Planner, before: _Part | None) -> _Part:
        """Plan the next segment."""
        need = planner.run()
        return _Part(planner, planner.finish(self.progress), need, before)

    def __repr__(self) -> str:
        return f"Plan({len(self.ops)} ops, {len(self.steps)} steps, arena of {self.arena_size} bytes)"

    def clone(self, state: State) -> Plan:
        """The same plan in the memory of another state, a copy of this one's. What is constant is shared, and nothing is planned."""
        made = copy.copy(self)
        made.settings = replace(self.settings, state=state)
        prepared, shapes, _, given = self._made_of
        made._made_of = prepared, shapes, made.settings, given
        twins: dict[_Part, _Part] = {}
        kept = dict(self.root.planner.kept)  # one for all parts, as here
        waiting = [self.root, *self._way()]  # the last way may have been forgotten
        while waiting:
            part = waiting.pop(0)
            if part not in twins:
                twins[part] = part.twin(state, kept, twins[part.before] if part.before is not None else None)
            waiting += [following for following in part.following.values() if following not in twins]
        for part, twin in twins.items():
            twin.following = {key: twins[following] for key, following in part.following.items()}
        made.root, made._last = twins[self.root], twins[self._last]
        return made

    @property
    def planner(self) -> Planner:
        """What has planned the part that ran last."""
        return self._last.planner

    @property
    def segments(self) -> list[Segment]:
        """What the last run has gone through."""
        return [part.segment for part in self._way()]

    def _way(self) -> list[_Part]:
        parts = [self._last]
        while parts[-1].before is not None:
            parts.append(parts[-1].before)
        return parts[::-1]

    @property
    def static(self) -> bool:
        """Whether a run is one native call, and leaves variables in the shapes in which it finds them."""
        planner = self.root.planner
        return self.root.need is None and all(planner.forms.get(variable, form) == form for variable, form in planner.expected.items())

    def reset_variables(self) -> None:
        """Set all state to zero: the zero point of what is INT8, as LiteRT does, and 0 of everything else."""
        for value in self.root.planner.values.values():
            if value.tensor is not None and value.tensor.is_variable and value.constant_value is None:
                quantization = value.tensor.quantization
                zero = (
                    quantization.zero_point[0] if value.type == "INT8" and quantization is not None and quantization.zero_point.size else 0
                )
                self.view(value)[...] = zero

    # ---- running

    def run(self) -> None:
        """Run on what the inputs hold. Raises InvokeError, or what planning raises; the plan can be run again."""
        for variable, form in self.root.planner.expected.items():
            if self.settings.state.now(variable) not in (0, form):
                self._plan_for_other_variables()
                break
        part = self.root
        part.segment.run()
        while part.need is not None:
            part = (
                self._resume_after_value(part, part.need) if isinstance(part.need, NeedsValue) else self._resume_after_call(part, part.need)
            )
            part.segment.run()
        self._last = part

    @property
    def ops(self) -> list[OpSteps]:
        """The ops that the last run has gone through, in order, each with its steps; those that Python runs have none."""
        return [op for part in self._way() for op in part.ops]

    def timed(self) -> list[Timed]:
        """The way of the last run, as pieces that one after the other run it, and say what each of their ops took."""
        from .timed import TimedCall, TimedSegment

        found: list[Timed] = []
        for part in self._way():
            found.append(TimedSegment(part.segment, self.progress))
            if isinstance(part.need, NeedsCall):
                found.append(TimedCall(part.need.node, partial(self._resume_after_call, part, part.need)))
        return found

    def _plan_for_other_variables(self) -> None:
        """Plan once more, since variables have got other shapes. What outlasts a run is kept."""
        before = self.root.planner
        self._plan_anew()
        for tensor_id, value in self.root.planner.values.items():
            if (
                value.constant_value is None
                and value.tensor is not None
                and (value.tensor.is_variable or value.tensor in self._made_of[0].source.inputs)
            ):
                self.view(value)[...] = before.view(before.values[tensor_id])

    def _resume_after_value(self, part: _Part, need: NeedsValue) -> _Part:
        """What follows a part that has just computed a value which shapes depend on."""
        found = part.planner.view(need.value)
        key = found.tobytes(), self.settings.state.forms()
        if key not in part.following:
            self._keep(part, key, self._part(part.planner.resume_after_value(need.value, found.copy()), part))
        return part.following[key]

    def _resume_after_call(self, part: _Part, need: NeedsCall) -> _Part:
        """What follows an op that calls graphs from Python: run it."""
        node = need.node
        with at(describe(node.op, node.index)):
            found = self._called(part, node)
        key = (*[array.shape for array in found], self.settings.state.forms())
        if key not in part.following:
            with at(describe(node.op, node.index)):
                planner, taken = part.planner.resume_after_call(need, found)
            following = self._part(planner, part)
            following.taken = taken
            self._keep(part, key, following)
        following = part.following[key]
        for value, array in zip(following.taken, found, strict=True):
            if value.storage is not None:
                following.planner.view(value)[...] = array
        return following

    def _called(self, part: _Part, node: Node) -> list[np.ndarray]:
        operator = ops.find(node.op.code)
        assert isinstance(operator, SubgraphCallingOp)
        if not part.callees:
            settings = part.planner.settings
            settings = replace(
                settings,
                arithmetic=part.planner.arithmetic,
                callers=(*settings.callers, part.planner.source),
                spent=part.planner.account.spent,
            )
            part.callees = {id(graph): _Callee(graph, known, settings, self.progress) for graph, known in operator.fixed(node)}
        values = [part.planner.view(value) for value in node.inputs if value is not None]
        return operator.run(node, values, lambda graph, values: part.callees[id(graph)].run(values), self.settings.state)

    def _keep(self, part: _Part, key: Hashable, following: _Part) -> None:
        self._kept += following.size
        if self._kept > min(_KEPT, memory_limit() // 4):
            # Only the way that this run goes stays.
            self._kept, way = following.size, part
            way.following.clear()
            while way.before is not None:
                way, kept = way.before, way
                self._kept += kept.size
                way.following = {name: then for name, then in way.following.items() if then is kept}
        part.following[key] = following

    # ---- values

    def value(self, tensor: Tensor) -> Value | None:
        """A tensor's value, if the plan has reached it."""
        return self.planner.values.get(id(tensor))

    def view(self, value: Value) -> np.ndarray:
        """The memory of a value as an array of its shape and dtype: a view, not a copy."""
        return self.planner.view(value)

    def view_of(self, tensor: Tensor) -> np.ndarray:
        """The same of a tensor that the last run has reached."""
        return self.view(self.planner.value(tensor))

    def inner(self, graph: Graph) -> Planner | None:
        """What has planned a graph that this one calls, directly or not, if the last run has reached it."""
        for part in self._way():
            waiting = list(routines_of(part.segment.steps))
            while waiting:
                routine = waiting.pop()
                inner = routine.planner
                if isinstance(inner, Planner) and inner.source is graph:
                    return inner
                waiting += routines_of(routine.steps)
            for callee in part.callees.values():
                found = callee.inner(graph)
                if found is not None:
                    return found
        return None

    def reads(self, tensor: Tensor) -> bool:
        """Whether an input matters."""
        return id(tensor) in self.root.planner.uses and self.root.planner.values[id(tensor)].constant_value is None

    @property
    def steps(self) -> list[Step]:
        """The kernel calls of the last run, in order: `step.kernel.name`, `step.node.op`, and the op's number `step.node.index`.

        An op that Python runs, since the shapes in the graphs that it calls are not known before, has none.
        """
        return [step for segment in self.segments for step in segment.steps]

    @property
    def memory(self) -> list[Storage]:
        """What lies in the arena, in the order of use: `name`, `size` and `offset` in bytes, and the steps `first` to `last` that use it.

        Where shapes depend on values a run goes through several arenas, one after the other, and steps are counted in each from 0.
        """
        return [storage for arena in self.arenas for storage in arena]

    @property
    def arenas(self) -> list[list[Storage]]:
        """The same, arena by arena: one for each of `segments`."""
        return [part.planner.blocks() for part in self._way()]

    def prepared_arrays(self) -> Iterator[np.ndarray]:
        """The arrays that the kernels of the last run are given: packed weights, tables and constants. One may come several times."""
        for part in self._way():
            yield from part.planner.prepared_arrays()

    @property
    def arena_size(self) -> int:
        """The bytes of the arenas that the last run has gone through."""
        return sum(part.planner.arena_size for part in self._way())

    @property
    def size(self) -> int:
        """The bytes that the plan takes as long as it is kept, about."""
        return sum(part.size for part in self._way())


class _Callee:
    """A graph that Python calls: a plan for each set of shapes that it has met. What is `known` of its inputs never changes."""

    def __init__(self, graph: Graph, known: Sequence[np.ndarray | None], settings: Settings, progress: Progress | None) -> None:
        self.graph = graph
        self.known = known
        self.settings = settings
        self.progress = progress
        self.plans: dict[tuple[Shape, ...], _Called] = {}
        self.kept = 0
        self.last: Plan | None = None

    def clone(self, state: State) -> _Callee:
        """The same in a clone, whose state this is."""
        made = copy.copy(self)
        made.settings = replace(self.settings, state=state)
        made.plans = {shapes: _Called(self.graph, called.plan.clone(state)) for shapes, called in self.plans.items()}
        made.last = next((made.plans[shapes].plan for shapes, called in self.plans.items() if called.plan is self.last), None)
        return made

    def run(self, values: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The outputs for these inputs, in memory that the next run writes."""
        shapes = tuple([value.shape for value in values])
        with at(f"graph {self.graph.name!r}"):
            called = self.plans.get(shapes)
            if called is None:
                called = self.plan(shapes)
            self.last = called.plan
            return called.run(values)

    def inner(self, graph: Graph) -> Planner | None:
        """What `Plan.inner` returns for the last run, or for the graph itself."""
        if self.last is None:
            return None
        return self.last.planner if graph is self.graph else self.last.inner(graph)

    def plan(self, shapes: tuple[Shape, ...]) -> _Called:
        """Plan the graph for inputs of these shapes."""
        inputs = self.graph.inputs
        given = {
            id(tensor): Value(tensor.name or "", str(tensor.type), known.shape, tensor, known)
            for tensor, known in zip(inputs, self.known, strict=True)
            if known is not None
        }
        plan = Plan.called(self.graph, dict(zip(map(id, inputs), shapes, strict=True)), self.settings, given, self.progress)
        self.kept += plan.size
        if self.kept > min(_KEPT, memory_limit() // 4):
            self.kept = plan.size
            self.plans.clear()
        self.plans[shapes] = _Called(self.graph, plan)
        return self.plans[shapes]


class _Called:
    """A plan and its ends."""

    def __init__(self, graph: Graph, plan: Plan) -> None:
        self.plan = plan
        self.inputs = graph.inputs
        self.outputs = graph.outputs
        places = {id(tensor): index for index, tensor in enumerate(graph.inputs)}
        self.sources = [places.get(id(tensor)) for tensor in graph.outputs]  # the inputs that outputs are
        self.look()

    def look(self) -> None:
        """Find the memory of the inputs, and of the outputs if they do not move."""
        plan = self.plan
        self.root = plan.root
        self.views = [plan.view_of(tensor) for tensor in self.inputs]
        self.fed = [(index, view) for index, (tensor, view) in enumerate(zip(self.inputs, self.views, strict=True)) if plan.reads(tensor)]
        self.found = self.collect() if plan.static else None

    def collect(self) -> list[np.ndarray]:
        return [
            self.plan.view_of(tensor) if source is None else self.views[source]
            for tensor, source in zip(self.outputs, self.sources, strict=True)
        ]

    def run(self, values: Sequence[np.ndarray]) -> list[np.ndarray]:
        for index, view in self.fed:
            value = values[index]
            if value is not view:
                view[...] = value
        self.plan.run()
        if self.plan.root is not self.root:
            self.look()
        found = list(self.found or self.collect())
        for index, source in enumerate(self.sources):
            # An input that comes out at its own place may stay where it is; elsewhere, what comes in next would overwrite it.
            if source is not None and source != index:
                found[index] = found[index].copy()
        return found
