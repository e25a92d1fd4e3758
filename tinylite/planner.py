"""Walk the ops of a graph once: check them, infer shapes, compute what depends on no input, prepare steps, lay out memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from . import ops
from .errors import KernelError, ModelError, OutOfMemoryError, SettingError, UnsupportedError, at
from .kernels.cpu import target
from .kernels.kernel import Kernel
from .kernels.store import CompileError, Progress, addresses
from .memory import SLACK, Block, allocate, check_size, place
from .model import Graph, Op, Tensor, shape_problem
from .ops.common.operator import NeedsValue, Node, Operator, Shape, Value
from .passes import simplified
from .segment import Segment, Step, describe

__all__ = ["Mark", "Planner", "Storage"]

_END = 1 << 60


@dataclass(eq=False)
class Storage:
    """Memory of one tensor, or of several that are the same bytes."""

    size: int
    first: int
    last: int
    name: str
    segment: int
    offset: int = -1  # in its segment's arena, once laid out


class Mark(NamedTuple):
    """Where planning stood at a cut."""

    position: int
    segment: int
    values: dict[int, Value]
    arrays: dict[int, np.ndarray]


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
        for value in node.outputs:
            check_size(value.nbytes, f"its output {value}")

    def compute(self, operator: Operator, node: Node) -> None:
        """Compute outputs now: nothing they depend on will change."""
        self.check_memory(node)
        alone = Planner(Graph(), {}, True, 1, self.exact)
        # Only what is known of the inputs counts: one that a run has computed also has a place, which is not in this arena.
        known = [None if value is None else Value(value.name, value.type, value.shape, value.tensor, value.known) for value in node.inputs]
        node = Node(node.op, node.index, known, node.outputs)
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
        if mine:
            largest = max(mine, key=lambda storage: storage.size)
            check_size(self.arena_size, f"the graph's memory (of which {largest.name!r} is {largest.size / 1e9:.3g} GB)")
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

    def mark(self) -> Mark:
        """Where planning stands, for `return_to`."""
        return Mark(self.position, self.segment, dict(self.values), dict(self.arrays))

    def return_to(self, mark: Mark) -> None:
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


def give_shape(value: Value, shape: Shape) -> None:
    """Set a value's shape. Raises ModelError if it is none."""
    problem = shape_problem(shape)
    if problem:
        raise ModelError(problem)
    value.shape = shape


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


def _check_target() -> None:
    """Raise SettingError, before any kernel is imported, if TINYLITE_CPU asks for what cannot be."""
    try:
        target()
    except ValueError as error:
        raise SettingError(str(error), "Set TINYLITE_CPU to one of them, or leave it unset") from None
