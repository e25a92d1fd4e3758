"""Walk the ops of a graph once: check them, infer shapes, compute what depends on no input, prepare steps, lay out memory."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import ops
from ..errors import ModelError, SettingError, UnsupportedError, at
from ..kernels.cpu import target
from ..kernels.kernel import Kernel
from ..kernels.store import Progress
from ..limits import Account, check_size, memory_shortage
from ..memory.arena import Region
from ..memory.state import State, Variable
from ..model import Graph, Op, Tensor, called_graphs
from ..ops.common.flow import ControlFlowOp, NeedsCall
from ..ops.common.operator import DataDependentShapeOp, NeedsCount, NeedsValue, Node, Operator, Shape, Value
from ..tensor_types import shape_problem
from .checks import PreparedGraph, kernel_of, prepared_graph, quantizes_floats, type_of, zeroes_variables
from .layout import ARENA, END, Layout
from .segment import Routine, Segment, Step, describe, scratch_size
from .settings import Budget, Settings

__all__ = ["Planner"]

# How often graphs may call graphs within one plan: a few files with branches in branches would fill the memory.
_MOST_CALLS = 1000
_MOST_NAMED = 5  # inputs in a message


class Planner(Layout):
    """Plans the ops of a graph, a segment at a time.

    `shapes` are those of the inputs, by tensor, that differ from the graph's own. What is `given` is an input's whole value, by
    tensor: the caller's, whose memory is read and written where it lies, or which is known.
    """

    def __init__(
        self, prepared: PreparedGraph, shapes: Mapping[int, Shape], settings: Settings, given: Mapping[int, Value] | None = None
    ) -> None:
        _check_target()
        super().__init__(settings.state.memory)
        self.settings = settings
        self.source = source = prepared.source
        self.numbers = {id(op): number for number, op in enumerate(source.ops)}  # as the file counts them
        self.graph = graph = prepared.graph
        self.keep_all = settings.keep_all
        self.resized = bool(shapes)
        self.data_dependent = False  # whether shapes depend on what a run has computed
        self.threads = settings.threads
        self.arithmetic = settings.arithmetic
        if self.arithmetic.quantizing is not None and any(quantizes_floats(op) for called in called_graphs(graph) for op in called.ops):
            self.arithmetic = self.arithmetic.quantizing
        self.values: dict[int, Value] = {}
        self.kept: dict[int, Region] = {}  # what ops keep from run to run, by id of the op
        self.counts: dict[int, Tensor] = {}  # what ops have counted, by id of the op
        self.position = 0
        self.calls = [0]  # how many graphs were planned as routines, counted by the outermost
        self.account = Account(settings.spent)
        self.budget = Budget.of(graph)
        self.node: Node | None = None
        self.expendable: set[int] = set()  # the inputs whose memory may be changed
        # The form that variables have by now, where what was planned decides it, and which the plan reads as they were before.
        self.forms: dict[Variable, int] = {}
        self.expected: dict[Variable, int] = {}
        self.uses: dict[int, int] = {}  # the last op that reads a tensor
        for index, op in enumerate(graph.ops):
            for tensor in op.inputs:
                if tensor is not None:
                    self.uses[id(tensor)] = index
        for tensor in graph.outputs:
            self.uses[id(tensor)] = END
        for position, tensor in enumerate(graph.inputs):
            with at(f"input {position} {tensor.name!r}"):
                value = Value(tensor.name or "", type_of(tensor), (), tensor)
                lent = (given or {}).get(id(tensor))
                if lent is not None:
                    value.shape, value.constant_value, value.storage = lent.shape, lent.constant_value, lent.storage
                elif value.type == "RESOURCE":
                    raise UnsupportedError("it is a RESOURCE, which only a graph that calls this one can pass", ops.LIMITS)
                else:
                    give_shape(value, shapes.get(id(tensor), tensor.shape))
                    value.storage = self.store(value, last=END)
                self.values[id(tensor)] = value
        # Variables outlive a run, so they have their place whatever is planned, or planned again, after a cut.
        for number, tensor in enumerate(graph.all_tensors()):
            if tensor.is_variable and tensor.buffer is None and id(tensor) not in self.values:
                with at(f"tensor {number} {tensor.name!r}"):
                    if settings.callers:
                        raise UnsupportedError("it is a variable of a graph that another one calls", ops.LIMITS)
                    value = Value(tensor.name or "", type_of(tensor), tensor.shape, tensor)
                    value.storage = self.store(value, last=END)
                    value.storage.first = -1
                    self.values[id(tensor)] = value

    # ---- values

    def value(self, tensor: Tensor) -> Value:
        """The value of a tensor that an op reads."""
        if id(tensor) in self.values:
            return self.values[id(tensor)]
        with at(f"tensor {tensor.name!r}"):
            value = Value(tensor.name or "", type_of(tensor), tensor.shape, tensor)
            if tensor.external_buffer is not None:
                raise UnsupportedError("its data lie in another file, which tinylite does not read")
            if tensor.sparsity is not None:
                raise UnsupportedError("it is stored sparse, which tinylite does not run")
            value.constant_value = tensor.data
        self.values[id(tensor)] = value
        return value

    # ---- what operators ask for

    def step(
        self, kernel: Kernel, *, work: int, cost: int = 1, scratch: int = 0, failures: dict[int, str] | None = None,
        routines: Sequence[Routine] = (), **fields: Any,
    ) -> None:  # fmt: skip
        """Add a call of `kernel` for `work` units of about `cost` elementary operations each; keywords fill its record.

        `routines` are what the kernel calls: status 1 says that the first of them failed, and so on.
        """
        assert self.node is not None
        if work <= 0:
            return
        for given in (*fields.values(), *(value for routine in routines for value in routine.touched)):
            held = given[0] if isinstance(given, tuple) else given
            if isinstance(held, Value):
                self.keep(held, len(self.steps))
        self.steps.append(Step(kernel, fields, work, cost, scratch, self.node, failures or {}, tuple(routines)))

    def lasting(self, size: int, start: Callable[[np.ndarray], None], apart: bool = False) -> Region:
        """The op's own memory, of `size` bytes, which lasts from one run to the next also where a plan is made again after a cut.

        `start` writes what is in it at first; with `apart`, in each clone too.
        """
        assert self.node is not None
        op = self.node.op
        if id(op) not in self.kept:
            self.account.take(size, f"what {op.name} keeps from run to run")
            self.kept[id(op)] = Region(size, op.name, start=start, apart=apart)
        return self.kept[id(op)]

    def workspace(self, shape: Shape, type: str) -> Value:
        """Memory for what passes between two steps of an op."""
        value = Value("workspace", type, shape)
        value.storage = self.store(value)
        return value

    def alias(self, output: Value, input: Value) -> bool:
        """Make an output share its input's bytes, if that cannot be observed; otherwise the operator must copy."""
        if input.constant_value is not None or input.storage.first < 0 or any(tensor is input.tensor for tensor in self.graph.inputs):
            return False
        self.storages.remove(output.storage)
        output.storage = input.storage
        return True

    def reuse(self, output: Value, input: Value) -> bool:
        """Reuse the input's memory for an output that is computed in place, if the input has no later consumers."""
        storage = input.storage
        if storage is None or self.keep_all or self.uses.get(id(input.tensor)) != self.position:
            return False
        lent = storage.owner is not self.owner
        if lent and id(input.tensor) not in self.expendable:
            return False
        if not lent and (storage.last == END or storage.first < 0):
            return False
        if any(value.storage is storage and self.uses.get(id(value.tensor), -1) > self.position for value in self.values.values()):
            return False
        self.storages.remove(output.storage)
        output.storage = storage
        return True

    # ---- graphs that ops call

    def called(self, graph: Graph, inputs: Iterable[Value], expendable: Iterable[Tensor] = ()) -> Planner:
        """Plan a graph that the op at hand calls, on values of this one. Raises NeedsCall unless all of it can run natively.

        `expendable` are those of its inputs whose memory it may change once it has read them.
        """
        settings = replace(self.settings, arithmetic=self.arithmetic, callers=(*self.settings.callers, self.source))
        self.calls[0] += 1
        if self.calls[0] > _MOST_CALLS:
            raise UnsupportedError(f"graphs call graphs more than {_MOST_CALLS} times")
        with at(f"graph {graph.name!r}"):
            prepared = prepared_graph(graph, settings.keeps_ops, settings.callers)
            inner = Planner(prepared, {}, settings, dict(zip(map(id, graph.inputs), inputs, strict=True)))
            inner.calls, inner.forms = self.calls, dict(self.forms)
            inner.account, inner.budget = self.account, self.budget
            inner.resized, inner.data_dependent = self.resized, self.data_dependent
            inner.expendable = set(map(id, expendable))
            need = inner.run()
            if need is not None:
                raise NeedsCall(for_threads=isinstance(need, NeedsCall) and need.for_threads)
        inner.node = self.node
        return inner

    def agree(self, *called: Planner) -> None:
        """Take over the forms of variables that called graphs leave. Raises NeedsCall where those depend on which have run, how often."""
        for inner in called:
            for variable, form in inner.forms.items():
                if self.forms.setdefault(variable, form) != form:
                    raise NeedsCall
        for inner in called:
            if any(self.forms.get(variable, form) != form for variable, form in inner.expected.items()):
                raise NeedsCall

    @property
    def cost(self) -> int:
        """What a run of the steps takes, in elementary operations."""
        return sum(step.work * step.cost for step in self.steps)

    def routine(self, inner: Planner, *touched: Value) -> Routine:
        """What `called` has planned, as something that a kernel can call; its memory is part of this plan's.

        `touched` are values of this plan that its steps read or write, beside its inputs.
        """
        inner.lay_out()
        memory = self.workspace((inner.arena_size,), "UINT8")
        inner.arena.within = memory.storage
        if self.keep_all:
            self.keep(memory)
        for variable, form in inner.expected.items():
            self.expected.setdefault(variable, form)
        lent = [value for value in inner.values.values() if value.storage is not None and value.storage.owner is self.owner]
        return Routine(inner.source.name or "", inner, memory, [memory, *lent, *touched])

    # ---- planning

    def run(self) -> NeedsValue | NeedsCall | None:
        """Plan ops until the end, or until one needs what only a run can determine, and return that."""
        ops_ = self.graph.ops
        while self.position < len(ops_):
            op = ops_[self.position]
            steps, storages = len(self.steps), len(self.storages)
            # Where a scale that cannot be makes infinities, operators check what becomes of them.
            short = memory_shortage("preparing it", "Resize the inputs, or end other programs")
            with at(describe(op, self.number(op))), short, np.errstate(all="ignore"):
                try:
                    self.plan(op)
                except NeedsCount as need:
                    return need
                except (NeedsValue, NeedsCall) as need:
                    del self.steps[steps:], self.storages[storages:]
                    return need
                except (ModelError, UnsupportedError) as error:
                    error.remedy = error.remedy or (ops.LIMITS if isinstance(error, UnsupportedError) else self.remedy())
                    raise
            self.position += 1
        for tensor in self.graph.outputs:
            self.keep(self.value(tensor))
        return None

    def remedy(self) -> str:
        """What to do about an op that breaks the rules, which operators need not know."""
        if self.data_dependent:
            return "Shapes depend here on values that the inputs hold: check those"
        opened = self.open_dimension()
        if opened:
            return f"{opened}: resize it first, with resize_tensor_input or tinylite run --shape"
        if self.resized:
            inputs = (*self.settings.callers, self.source)[0].inputs  # of the graph that was resized
            made_for = ", ".join(f"{tensor.name!r} {list(tensor.dynamic_shape)}" for tensor in inputs[:_MOST_NAMED])
            made_for += ", ..." if len(inputs) > _MOST_NAMED else ""
            return f"The model was made for {made_for}: resize its inputs to these shapes, or others that it can take"
        return "Convert the model again, or mend it with tinylite.Model"

    def open_dimension(self) -> str | None:
        """A dimension of an input that the file leaves open, and that still has the 1 which files put there."""
        for position, tensor in enumerate(self.source.inputs):
            shape = self.values[id(tensor)].shape if id(tensor) in self.values else tensor.shape
            for axis, (size, declared) in enumerate(zip(shape, tensor.shape_signature or (), strict=False)):
                if declared == -1 and size <= 1 and (axis or len(shape) == 1):  # the first is the batch, where 1 is as good as any
                    return f"Dimension {axis} of input {position} {tensor.name!r} is open, and has size {size} now"
        return None

    def number(self, op: Op) -> int:
        """The place in the file of an op, or of the first op that it replaces."""
        return self.numbers[id(op.replaces[0] if op.replaces else op)]

    def plan(self, op: Op) -> None:
        if zeroes_variables(op):
            return
        operator = kernel_of(op)
        node = Node(op, self.number(op), [None if t is None else self.value(t) for t in op.inputs], [])
        for tensor in op.outputs:
            with at(f"tensor {tensor.name!r}"):
                node.outputs.append(Value(tensor.name or "", type_of(tensor), tensor.shape, tensor))
        handles = [value for value in (*node.inputs, *node.outputs) if value is not None and value.type == "RESOURCE"]
        if handles and not isinstance(operator, ControlFlowOp):
            raise UnsupportedError(f"it takes or returns {handles[0]}, and tinylite knows no RESOURCE but variables", ops.LIMITS)
        operator.check(node)
        self.arithmetic.check(op.name, node.outputs[0].type if node.outputs else "")
        if isinstance(operator, ControlFlowOp):
            self.node = node
            try:
                operator.plan(node, self)
            except NeedsCall as need:
                need.node = node
                raise
            finally:
                self.node = None
        elif (folded := operator.fold(node)) is not None:
            for value, known in zip(node.outputs, folded, strict=True):
                value.constant_value, value.shape = np.asarray(known, value.dtype), np.shape(known)
        else:
            if isinstance(operator, DataDependentShapeOp):
                node.count = self.count(operator, node)
            for value, shape in zip(node.outputs, operator.infer(node), strict=True):
                with at(f"tensor {value.name!r}"):
                    give_shape(value, tuple(int(dimension) for dimension in shape))
            self.check_memory(node)
            constant = operator.pure and all(value is None or value.constant_value is not None for value in node.inputs)
            if not (constant and self.compute(operator, node)):
                for value in node.outputs:
                    value.storage = self.store(value)
                self.prepare(operator, node)
        self.enter(node.outputs)

    def enter(self, outputs: Iterable[Value]) -> None:
        """Make an op's outputs visible to the ops that follow."""
        for value in outputs:
            self.values[id(value.tensor)] = value
            if self.keep_all or self.uses.get(id(value.tensor)) == END:
                self.keep(value)

    def prepare(self, operator: Operator, node: Node) -> None:
        """Add an operator's steps, unless its outputs are empty, so that operators need no case for that."""
        self.node = node
        if any(value.size for value in node.outputs):
            operator.prepare(node, self)
        self.node = None

    def check_memory(self, node: Node) -> None:
        for value in node.outputs:
            check_size(value.nbytes, f"its output {value}")

    def compute(self, operator: Operator, node: Node) -> bool:
        """Compute outputs now, since nothing that they depend on will change; returns whether that was worth it."""
        return self.run_now(node, node.outputs, lambda node, plan: plan.prepare(operator, node))

    def count(self, operator: DataDependentShapeOp, node: Node) -> int:
        """What an operator counts. Raises NeedsCount where only a run can know it."""
        name = node.outputs[0].name
        tensor = self.counts.setdefault(id(node.op), Tensor(name, (1,), "INT64"))
        found = self.values.get(id(tensor), Value(name, "INT64", (1,), tensor))
        if found.constant_value is None:
            constant = all(node.input(index).constant_value is not None for index in operator.counted)
            if not (constant and self.run_now(node, [found], lambda node, plan: operator.count(node, plan, found))):
                found.storage = self.store(found, last=END)
                self.node = node
                operator.count(node, self, found)
                self.node = None
                raise NeedsCount(found)
        assert found.constant_value is not None
        return int(found.constant_value[0])

    def run_now(self, node: Node, results: Sequence[Value], prepare: Callable[[Node, Planner], None]) -> bool:
        """Run steps on what is known of a node's inputs; the results are known then. Returns False, and runs none, if that takes
        more memory or work than is to spare.
        """
        size = sum(value.nbytes for value in results)
        if size > self.budget.bytes:
            return False
        prepared = PreparedGraph(Graph(), Graph())
        alone = Planner(prepared, {}, Settings(keep_all=True, arithmetic=self.arithmetic, spent=self.account.spent))
        # Only what is known of the inputs counts: one that a run has computed also has a place, which is not in this arena.
        known = [
            None if value is None else Value(value.name, value.type, value.shape, value.tensor, value.constant_value)
            for value in node.inputs
        ]
        alone.node = node = Node(node.op, node.index, known, node.outputs)
        for value in results:
            value.storage = alone.store(value, last=END)
        prepare(node, alone)
        if alone.cost > self.budget.work:
            for value in results:
                value.storage = None
            return False
        alone.finish().run()
        self.account.take(size, "what is computed of constants")
        self.budget.bytes -= size
        self.budget.work -= alone.cost
        for value in results:
            value.constant_value = alone.view(value).copy()
            value.storage = None
        return True

    # ---- the end of a segment

    def lay_out(self) -> None:
        if self.position < len(self.graph.ops):
            for value in self.values.values():
                if self.uses.get(id(value.tensor), -1) >= self.position:
                    self.keep(value)
        super().lay_out()

    def finish(self, progress: Progress | None = None) -> Segment:
        """Make a segment of what was planned since the last one."""
        self.lay_out()
        self.account.take(self.arena.size, ARENA)
        self.account.take(self.threads * scratch_size(self.steps), "the kernels' scratch memory")
        return self.bind(self.threads, progress)

    # ---- going on after a run

    def resume_after_value(self, value: Value, known: np.ndarray) -> Planner:
        """A planner that goes on from here, where a run has found this for a value."""
        after = self.fork()
        found = Value(value.name, value.type, value.shape, value.tensor, known)
        found.storage = value.storage
        after.values[id(value.tensor)] = found
        return after

    def resume_after_call(self, need: NeedsCall, found: Iterable[np.ndarray]) -> tuple[Planner, list[Value]]:
        """A planner that goes on from here, where the op at hand has run and given this; and the values that take it in."""
        after = self.fork(shapes_known=need.for_threads)
        after.position += 1
        after.forms, after.expected = {}, {}  # variables say by themselves what they are now
        outputs = []
        for given, array in zip(need.node.outputs, found, strict=True):
            value = Value(given.name, given.type, array.shape, given.tensor)
            if value.type == "RESOURCE":
                value.constant_value = array
            else:
                give_shape(value, array.shape)
                check_size(value.nbytes, f"its output {value}")
                value.storage = after.store(value, last=END)
            outputs.append(value)
        after.enter(outputs)
        return after, outputs

    def fork(self, shapes_known: bool = False) -> Planner:
        """The same, to plan the next segment: nothing that it does is seen here."""
        after = copy.copy(self)
        after.data_dependent, after.calls = self.data_dependent or not shapes_known, [0]
        after.account, after.budget = Account(self.account.spent), replace(self.budget)
        after.values, after.arrays = dict(self.values), dict(self.arrays)
        after.forms, after.expected = dict(self.forms), dict(self.expected)
        after.steps, after.storages, after.arena = [], [], Region(0, ARENA)
        return after

    def twin(self, state: State, kept: dict[int, Region]) -> Planner:
        """The same for a clone, whose state and whose ops' memory these are: what it plans next is not seen here."""
        twin = copy.copy(self)
        twin.settings, twin.memory, twin.kept = replace(self.settings, state=state), state.memory, kept
        twin.arrays = dict(self.arrays)
        return twin


def give_shape(value: Value, shape: Shape) -> None:
    """Set a value's shape. Raises ModelError if it is none."""
    problem = shape_problem(shape)
    if problem:
        raise ModelError(problem)
    value.shape = shape


def _check_target() -> None:
    """Raise SettingError, before any kernel is imported, if TINYLITE_CPU asks for what cannot be."""
    try:
        target()
    except ValueError as error:
        raise SettingError(str(error), "Set TINYLITE_CPU to one of them, or leave it unset") from None
