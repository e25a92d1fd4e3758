"""From a Graph to something that runs: order, shapes, memory, and an array of step records for the native executor.

    Planner   walks the ops once: checks them, infers shapes, computes what does not depend on inputs, lets each operator
              prepare its steps, and lays out memory
    Segment   steps that run in one native call, with their memory
    Plan      the segments of a graph; one, unless a shape depends on a value that only a run can know

A step that needs such a value ends its segment. Planning goes on when the value is there, and what comes of it is kept
for the next run with the same value.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from . import ops
from .errors import InvokeError, KernelError, ModelError, OutOfMemoryError, SettingError, UnsupportedError, at
from .kernels.cpu import target
from .kernels.executor import STEP_WORDS, Call, aligned, run_together
from .kernels.kernel import Kernel
from .kernels.store import CompileError, Progress, addresses
from .memory import Block, place
from .model import Graph, Op, Tensor, shape_problem
from .ops.common.operator import NeedsValue, Node, Operator, Shape, Value
from .passes import simplified

__all__ = ["Plan", "Planner", "Segment"]

# Kernels may read, and scratch may be written, this far behind the end of a tensor.
SLACK = 128
# Work that is worth a thread's attention, in elementary operations (some microseconds).
_TILE_COST = 20_000
_TILES_PER_THREAD = 4
# Work of a plan from which on other Python threads are let run meanwhile, in elementary operations.
_LONG = 20_000
_END = 1 << 60
_LESS = "Resize the inputs, or raise TINYLITE_MEMORY_LIMIT"


@dataclass(eq=False)
class Storage:
    """Memory of one tensor, or of several that are the same bytes."""

    size: int
    first: int
    last: int
    name: str
    segment: int
    offset: int = -1  # in its segment's arena, once laid out


@dataclass(eq=False)
class Step:
    """One kernel call: `fields` fill its record, an address given as a Value, an array, or either with a byte offset."""

    kernel: Kernel
    fields: dict[str, Any]
    work: int
    cost: int
    scratch: int
    node: Node
    failures: dict[int, str] = field(default_factory=dict)


class Segment:
    """Steps, their records and their memory: all that one native call needs.

    `call` makes that call, in this thread alone: 0, or where it failed; `check` raises that.
    """

    def __init__(self, steps: list[Step], words: np.ndarray, scratch: np.ndarray, threads: int) -> None:
        self.steps = steps
        self.threads = threads
        self.words = words
        self.scratch = scratch
        work = sum(step.work * step.cost for step in steps)
        self._call = Call(words, len(steps), scratch, work > _LONG)
        self.call: Callable[[], int] = self._call.function

    @staticmethod
    def bind(steps: list[Step], kernels: dict[str, int], address: Callable[[Any], int], threads: int) -> Segment:
        """Fill in what is known only when memory is there: the addresses of kernels and of tensors."""
        scratch = allocate(max((step.scratch for step in steps), default=0) + SLACK, "the kernels' scratch memory")
        words = aligned(max(len(steps), 1) * STEP_WORDS, np.int64)
        offsets = np.cumsum([0, *(-(-step.kernel.record.size // 64) * 64 for step in steps if step.kernel.record)], dtype=np.int64)
        records = aligned(int(offsets[-1]) + 1, np.uint8)
        for index, step in enumerate(steps):
            record = step.kernel.record
            assert record is not None
            packed = record.pack(
                {
                    name: address(step.fields[name]) if kind == "pointer" else step.fields[name]
                    for name, (_, kind, _, _) in record.fields.items()
                }
            )
            records[offsets[index] : offsets[index] + record.size] = np.frombuffer(packed, np.uint8)
            tile = max(-(-step.work // (threads * _TILES_PER_THREAD)), -(-_TILE_COST // max(step.cost, 1)))
            start = index * STEP_WORDS
            words[start : start + 4] = kernels[step.kernel.name], records.ctypes.data + offsets[index], step.work, tile
        segment = Segment(steps, words, scratch, threads)
        segment.records = records  # the words point there
        return segment

    records: np.ndarray

    def by_op(self) -> list[Segment]:
        """The same steps as a segment for each op, to be timed one by one."""
        starts = [i for i, step in enumerate(self.steps) if i == 0 or step.node is not self.steps[i - 1].node]
        ends = [*starts[1:], len(self.steps)]
        return [
            Segment(self.steps[start:end], self.words[start * STEP_WORDS : end * STEP_WORDS], self.scratch, self.threads)
            for start, end in zip(starts, ends, strict=True)
            if end > start
        ]

    def run(self) -> None:
        """Run all steps, by a team if there are several threads. Raises InvokeError."""
        failed = None
        if self.threads > 1:
            with suppress(MemoryError):  # for the scratch memory of a team; one thread has its own
                failed = run_together(self.threads, self.words, len(self.steps), self.scratch.size)
        self.check(self.call() if failed is None else failed)

    def check(self, failed: int) -> None:
        """Raise InvokeError for what the executor gave back."""
        if not failed:
            return
        step, status = self.steps[(failed & 0xFFFFFFFF) - 1], failed >> 32
        with at(describe(step.node.op, step.node.index)):
            problem = step.failures.get(status, f"kernel {step.kernel.name} gave status {status}")
            raise InvokeError(problem, "It comes of values that were fed or are constant: check the inputs")


def give_shape(value: Value, shape: Shape) -> None:
    """Set a value's shape. Raises ModelError if it is none."""
    problem = shape_problem(shape)
    if problem:
        raise ModelError(problem)
    value.shape = shape


def describe(op: Op, index: int) -> str:
    """An op, for messages."""
    output = next((tensor.name for tensor in op.outputs), None)
    return f"op {index} {op.name} version {op.version} (output {output!r})"


def check_order(graph: Graph) -> None:
    """Raise ModelError unless every tensor has its value before it is read, from one place."""
    tensors = graph.all_tensors()
    constant = [tensor for tensor in tensors if tensor.is_constant or tensor.is_variable or tensor.external_buffer is not None]
    written = {id(tensor) for tensor in (*graph.inputs, *constant)}
    for number, op in enumerate(graph.ops):
        with at(describe(op, number)):
            for tensor in op.inputs:
                if tensor is not None and id(tensor) not in written:
                    raise ModelError(
                        f"it reads tensor {tensor.name!r}, which no op before it has written", "Put the ops in the order they run"
                    )
            for tensor in op.outputs:
                if id(tensor) in written:
                    raise ModelError(f"it writes tensor {tensor.name!r}, which already has a value", "Give each op outputs of its own")
                written.add(id(tensor))
    for position, tensor in enumerate(graph.outputs):
        if id(tensor) not in written:
            with at(f"output {position} {tensor.name!r}"):
                raise ModelError("no op writes it", "Make another tensor the graph's output, or add the op that is missing")


def _quantizes_floats(op: Op) -> bool:
    """Whether integers come of float values: QUANTIZE, and products of floats with 8-bit weights."""
    data = [tensor for tensor in op.inputs if tensor is not None]
    return (
        bool(data) and data[0].type == "FLOAT32" and (op.code == "QUANTIZE" or any(tensor.type in ("INT8", "UINT8") for tensor in data[1:]))
    )


def memory_limit() -> int:
    """The bytes that a plan may take: TINYLITE_MEMORY_LIMIT, or the machine's memory. Raises SettingError."""
    wanted = os.environ.get("TINYLITE_MEMORY_LIMIT")
    if wanted:
        try:
            return int(float(wanted))
        except (ValueError, OverflowError):
            raise SettingError(f"TINYLITE_MEMORY_LIMIT={wanted} is no number of bytes", "Give one such as 2e9, or leave it unset") from None
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 1 << 46


def allocate(size: int, what: str) -> np.ndarray:
    """Zeros, uint8 [size], that start on a cache line. Raises OutOfMemoryError if they may not be had or are not there."""
    limit = memory_limit()
    if size > limit:
        raise OutOfMemoryError(f"{what} takes {size / 1e9:.3g} GB, and {limit / 1e9:.3g} GB are allowed", _LESS)
    try:
        return aligned(size, np.uint8)
    except MemoryError:
        raise OutOfMemoryError(f"{what} takes {size / 1e9:.3g} GB, which the system refuses", "Resize the inputs") from None


def _check_target() -> None:
    """Raise SettingError, before any kernel is imported, if TINYLITE_CPU asks for what cannot be."""
    try:
        target()
    except ValueError as error:
        raise SettingError(str(error), "Set TINYLITE_CPU to one of them, or leave it unset") from None


class Planner:
    """Plans the ops of a graph, a segment at a time."""

    def __init__(self, graph: Graph, shapes: dict[int, Shape], keep_all: bool, threads: int, exact: bool = False) -> None:
        _check_target()
        self.numbers = {id(op): number for number, op in enumerate(graph.ops)}  # as the file counts them
        check_order(graph)
        self.graph = graph = graph if keep_all else simplified(graph)
        self.keep_all = keep_all
        self.resized = bool(shapes)
        self.threads = threads
        # Where floats are quantized, their last bit decides between two integers now and then.
        self.exact = exact or any(map(_quantizes_floats, graph.ops))
        self.values: dict[int, Value] = {}
        self.steps: list[Step] = []
        self.storages: list[Storage] = []
        self.segment = 0
        self.arenas: list[np.ndarray] = []
        self.arrays: dict[int, np.ndarray] = {}  # what records point to, kept alive, by id of what was given
        self.arena_size = 0
        self.position = 0
        self.node: Node | None = None
        self.uses: dict[int, int] = {}  # the last op that reads a tensor
        for index, op in enumerate(graph.ops):
            for tensor in op.inputs:
                if tensor is not None:
                    self.uses[id(tensor)] = index
        for tensor in graph.outputs:
            self.uses[id(tensor)] = _END
        for position, tensor in enumerate(graph.inputs):
            with at(f"input {position} {tensor.name!r}"):
                value = Value(tensor.name or "", self.type_of(tensor), (), tensor)
                give_shape(value, shapes.get(id(tensor), tensor.shape))
                value.storage = self.store(value, last=_END)
                self.values[id(tensor)] = value
        # Variables outlive a run, so they have their place whatever is planned, or planned again, behind a cut.
        for number, tensor in enumerate(graph.all_tensors()):
            if tensor.is_variable and tensor.buffer is None and id(tensor) not in self.values:
                with at(f"tensor {number} {tensor.name!r}"):
                    value = Value(tensor.name or "", self.type_of(tensor), tensor.shape, tensor)
                    value.storage = self.store(value, last=_END)
                    value.storage.first = -1
                    self.values[id(tensor)] = value

    # ---- values

    @staticmethod
    def type_of(tensor: Tensor) -> str:
        if not tensor.holds_numbers:
            raise UnsupportedError(f"its type is {tensor.type}, which tinylite does not run", ops.LIMITS)
        return str(tensor.type)

    def value(self, tensor: Tensor) -> Value:
        """The value of a tensor that an op reads."""
        if id(tensor) in self.values:
            return self.values[id(tensor)]
        with at(f"tensor {tensor.name!r}"):
            value = Value(tensor.name or "", self.type_of(tensor), tensor.shape, tensor)
            if tensor.external_buffer is not None:
                raise UnsupportedError("its data lie in another file, which tinylite does not read")
            if tensor.sparsity is not None:
                raise UnsupportedError("it is stored sparse, which tinylite does not run")
            value.known = tensor.data
        self.values[id(tensor)] = value
        return value

    def store(self, value: Value, last: int | None = None) -> Storage:
        """New memory for a value, from now until its last use."""
        now = len(self.steps)
        storage = Storage(value.nbytes, now, now if last is None else last, value.name, self.segment)
        self.storages.append(storage)
        return storage

    # ---- what operators ask for

    def step(
        self, kernel: Kernel, *, work: int, cost: int = 1, scratch: int = 0, failures: dict[int, str] | None = None, **fields: Any
    ) -> None:
        """Add a call of `kernel` for `work` units of about `cost` elementary operations each; keywords fill its record."""
        assert self.node is not None
        if work <= 0:
            return
        for given in fields.values():
            held = given[0] if isinstance(given, tuple) else given
            if isinstance(held, Value) and held.storage is not None:
                held.storage.last = max(held.storage.last, len(self.steps))
        self.steps.append(Step(kernel, fields, work, cost, scratch, self.node, failures or {}))

    def array(self, shape: int | Shape, dtype: Any) -> np.ndarray:
        """Zeros that start on a cache line, for packed weights and tables; kept as long as the plan."""
        dtype = np.dtype(dtype)
        count = int(np.prod(shape, dtype=np.int64))
        memory = allocate(count * dtype.itemsize + SLACK, "what is prepared for its kernel")
        made = memory[: count * dtype.itemsize].view(dtype).reshape(shape)
        self.arrays[id(made)] = made
        return made

    def constant(self, values: Any, dtype: Any) -> np.ndarray:
        """A copy of `values` that kernels may read."""
        values = np.asarray(values)
        made = self.array(values.shape, dtype)
        made[...] = values
        return made

    def workspace(self, shape: Shape, type: str) -> Value:
        """Memory for what passes between two steps of an op."""
        value = Value("workspace", type, shape)
        value.storage = self.store(value)
        return value

    def alias(self, output: Value, input: Value) -> bool:
        """Let an output be its input's bytes, if nobody can tell; otherwise the operator must copy."""
        if input.known is not None or input.storage.first < 0 or any(tensor is input.tensor for tensor in self.graph.inputs):
            return False
        self.storages.remove(output.storage)
        output.storage = input.storage
        return True

    # ---- planning

    def run(self) -> Value | None:
        """Plan ops until the end, or until one needs a value that only a run can know: gives that value."""
        ops_ = self.graph.ops
        while self.position < len(ops_):
            op = ops_[self.position]
            # Where a scale that cannot be makes infinities, operators check what becomes of them.
            with at(describe(op, self.number(op))), np.errstate(all="ignore"):
                try:
                    self.plan(op)
                except NeedsValue as need:
                    return need.value
                except (ModelError, UnsupportedError) as error:
                    error.remedy = error.remedy or (ops.LIMITS if isinstance(error, UnsupportedError) else self.remedy())
                    raise
                except OutOfMemoryError:
                    raise
                except MemoryError:
                    raise OutOfMemoryError("preparing it takes more memory than the system gives", "Resize the inputs") from None
            self.position += 1
        for tensor in self.graph.outputs:
            value = self.value(tensor)
            if value.storage is not None:
                value.storage.last = _END
        return None

    def remedy(self) -> str:
        """What to do about an op that breaks the rules, which operators need not know."""
        if self.segment:
            return "Shapes depend here on values that the inputs hold: check those"
        if self.resized:
            return "If the file's own shapes work, resize the inputs to shapes that the model can take"
        return "Convert the model again, or mend it with tinylite.Model"

    def number(self, op: Op) -> int:
        """The place in the file of an op, or of the first op that it replaces."""
        return self.numbers[id(op.replaces[0] if op.replaces else op)]

    def plan(self, op: Op) -> None:
        operator = ops.find(op.code) if op.code != "CUSTOM" else self.custom(op)
        node = Node(op, self.number(op), [None if t is None else self.value(t) for t in op.inputs], [])
        for tensor in op.outputs:
            with at(f"tensor {tensor.name!r}"):
                node.outputs.append(Value(tensor.name or "", self.type_of(tensor), tensor.shape, tensor))
        operator.check(node)
        folded = operator.fold(node)
        if folded is not None:
            for value, known in zip(node.outputs, folded, strict=True):
                value.known, value.shape = np.asarray(known, value.dtype), np.shape(known)
        else:
            for value, shape in zip(node.outputs, operator.infer(node), strict=True):
                with at(f"tensor {value.name!r}"):
                    give_shape(value, tuple(int(dimension) for dimension in shape))
            if all(value is None or value.known is not None for value in node.inputs):
                self.compute(operator, node)
            else:
                self.check_memory(node)
                for value in node.outputs:
                    value.storage = self.store(value)
                self.prepare(operator, node)
        for value in node.outputs:
            self.values[id(value.tensor)] = value
            if value.storage is not None and (self.keep_all or self.uses.get(id(value.tensor)) == _END):
                value.storage.last = _END

    def prepare(self, operator: Operator, node: Node) -> None:
        """Let an operator add its steps, unless its outputs are empty: operators need not think of that."""
        self.node = node
        if any(value.size for value in node.outputs):
            operator.prepare(node, self)
        self.node = None

    def custom(self, op: Op) -> Operator:
        raise UnsupportedError(
            f"tinylite has no kernel for the custom operator {op.name!r}", "`tinylite inspect` still shows the model; cut it before this op"
        )

    def check_memory(self, node: Node) -> None:
        limit = memory_limit()
        for value in node.outputs:
            if value.nbytes > limit:
                raise OutOfMemoryError(f"its output {value} takes {value.nbytes / 1e9:.3g} GB, and {limit / 1e9:.3g} GB are allowed", _LESS)

    def compute(self, operator: Operator, node: Node) -> None:
        """Compute outputs now: nothing they depend on will change."""
        self.check_memory(node)
        alone = Planner(Graph(), {}, True, 1)
        for value in node.outputs:
            value.storage = alone.store(value, last=_END)
        alone.prepare(operator, node)
        alone.finish().run()
        for value in node.outputs:
            value.known = alone.view(value).copy()
            value.storage = None

    # ---- memory

    def lay_out(self) -> None:
        """Give the storages of this segment their places in its arena; sets `arena_size`."""
        mine = [storage for storage in self.storages if storage.segment == self.segment]
        if self.position < len(self.graph.ops):
            for value in self.values.values():
                if value.storage is not None and self.uses.get(id(value.tensor), -1) >= self.position:
                    value.storage.last = _END
        blocks = [Block(storage.size + SLACK, storage.first, storage.last) for storage in mine]
        self.arena_size = place(blocks)
        limit = memory_limit()
        if self.arena_size > limit:
            largest = max(mine, key=lambda storage: storage.size)
            raise OutOfMemoryError(
                f"the graph's tensors take {self.arena_size / 1e9:.3g} GB, and {limit / 1e9:.3g} GB are allowed; the largest is "
                f"{largest.name!r} with {largest.size / 1e9:.3g} GB",
                _LESS,
            )
        for storage, block in zip(mine, blocks, strict=True):
            storage.offset = block.offset

    def finish(self, progress: Progress | None = None) -> Segment:
        """Lay out the memory of what was planned since the last segment, and bind it."""
        self.lay_out()
        self.arenas.append(allocate(self.arena_size, "the graph's memory"))
        try:
            kernels = addresses((step.kernel for step in self.steps), progress)
        except CompileError as error:
            raise KernelError(str(error), "Please report this with your CPU and the version of numba") from None
        segment = Segment.bind(self.steps, kernels, self.address, self.threads)
        self.steps = []
        self.segment += 1
        return segment

    # ---- going back

    def mark(self) -> _Mark:
        """Where planning stands, for `return_to`."""
        return _Mark(self.position, self.segment, dict(self.values), dict(self.arrays))

    def return_to(self, mark: _Mark) -> None:
        """Forget what was planned since."""
        self.position, self.segment = mark.position, mark.segment
        self.values, self.arrays = dict(mark.values), dict(mark.arrays)
        self.steps = []
        self.storages = [storage for storage in self.storages if storage.segment < self.segment]
        del self.arenas[self.segment :]

    def address(self, what: Any) -> int:
        """Where a record's pointer points."""
        if what is None:
            return 0
        if isinstance(what, tuple):
            return self.address(what[0]) + int(what[1])
        if isinstance(what, np.ndarray):
            self.arrays[id(what)] = what
            return int(what.ctypes.data)
        if what.storage is None:
            return int(self.readable(what.known).ctypes.data)
        return int(self.arenas[what.storage.segment].ctypes.data) + int(what.storage.offset)

    def readable(self, known: np.ndarray) -> np.ndarray:
        """A constant with the slack behind it that kernels need: in the file it may be the last thing."""
        if id(known) not in self.arrays:
            copied = self.array(known.shape, known.dtype)
            copied[...] = known
            # Under the original's name, which is kept alive so that no other array takes its id.
            self.arrays[id(known)] = copied
            self.arrays[id(copied)] = known
        return self.arrays[id(known)]

    def view(self, value: Value) -> np.ndarray:
        """The memory of a value as an array of its shape and dtype: a view, not a copy."""
        if value.storage is None:
            assert value.known is not None
            return value.known
        start = value.storage.offset
        return self.arenas[value.storage.segment][start : start + value.nbytes].view(value.dtype).reshape(value.shape)


class _Mark(NamedTuple):
    """Where planning stood at a cut."""

    position: int
    segment: int
    values: dict[int, Value]
    arrays: dict[int, np.ndarray]


@dataclass
class _Cut:
    """Where planning had to stop: behind a segment, for a value that the segment computes."""

    value: Value
    mark: _Mark
    assumed: np.ndarray | None = None  # the value that what follows was planned for


class Plan:
    """A graph made ready for inputs of fixed shapes. With `exact`, floats too are rounded as the reference kernels round.

    Raises what planning raises: ModelError, UnsupportedError, OutOfMemoryError, KernelError.
    """

    def __init__(
        self, graph: Graph, shapes: dict[int, Shape] | None = None, *, keep_all: bool = False, threads: int = 1,
        exact: bool = False, progress: Progress | None = None,
    ) -> None:  # fmt: skip
        self.planner = Planner(graph, shapes or {}, keep_all, threads, exact)
        self.progress = progress
        self.segments: list[Segment] = []
        self.cuts: list[_Cut] = []
        self.advance()
        self.reset_variables()

    def reset_variables(self) -> None:
        """Set all state to zero: the zero point of what is INT8, as LiteRT does, and 0 of everything else."""
        for value in self.planner.values.values():
            if value.tensor is not None and value.tensor.is_variable and value.known is None:
                quantization = value.tensor.quantization
                zero = (
                    quantization.zero_point[0] if value.type == "INT8" and quantization is not None and quantization.zero_point.size else 0
                )
                self.view(value)[...] = zero

    def advance(self) -> None:
        """Plan the next segment."""
        pending = self.planner.run()
        self.segments.append(self.planner.finish(self.progress))
        if pending is not None:
            self.cuts.append(_Cut(pending, self.planner.mark()))

    @property
    def static(self) -> bool:
        """Whether a run is one native call."""
        return not self.cuts

    def run(self) -> None:
        """Run on what the inputs hold. Raises InvokeError, or what planning raises; the plan can be run again."""
        self.segments[0].run()
        for index in range(len(self.planner.graph.ops)):
            if index == len(self.cuts):
                return
            self.resume(index)
            self.segments[index + 1].run()

    def resume(self, index: int) -> None:
        """Make sure that what follows cut `index` was planned for the value that the segment before it has just computed."""
        cut = self.cuts[index]
        cut.value.known = None
        found = self.planner.view(cut.value).copy()
        if cut.assumed is not None and np.array_equal(found, cut.assumed):
            cut.value.known = cut.assumed
            return
        for later in self.cuts[index + 1 :]:
            later.value.known = None  # what it was planned for says nothing of what comes now
        del self.segments[index + 1 :], self.cuts[index + 1 :]
        cut.assumed = None
        self.planner.return_to(cut.mark)
        cut.value.known = found
        self.advance()
        cut.assumed = found

    def value(self, tensor: Tensor) -> Value | None:
        """A tensor's value, if the plan has reached it."""
        return self.planner.values.get(id(tensor))

    def view(self, value: Value) -> np.ndarray:
        """The memory of a value as an array of its shape and dtype: a view, not a copy."""
        return self.planner.view(value)

    @property
    def arena_size(self) -> int:
        """The bytes of all arenas."""
        return sum(arena.size for arena in self.planner.arenas)
