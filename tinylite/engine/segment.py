"""Steps and segments: what the native executor runs in one call, and the errors that come of it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

import numpy as np

from ..errors import InvokeError, KernelError, ModelError, at
from ..kernels.executor import STEP_WORDS, Call, aligned, run_together
from ..kernels.interrupt import CONTROL_BYTES
from ..kernels.kernel import Kernel, Record
from ..kernels.store import CompileError, Progress, addresses
from ..memory.arena import SLACK, Memory, Region, allocate
from ..model import Op
from ..ops.common.operator import Node, Value

__all__ = [
    "OpSteps", "Routine", "Segment", "Step", "addresses_of", "all_steps", "describe", "name_in_file", "routines_of",
    "scratch_size", "steps_by_op", "words_of",
]  # fmt: skip

# Work that is worth a thread's attention, in elementary operations (some microseconds).
_TILE_COST = 20_000
_TILES_PER_THREAD = 4
# Work of a plan from which on other Python threads are let run meanwhile, in elementary operations.
_LONG = 20_000
# Between tiles, a run looks whether a signal wants it to end: work of a tile at most, and of a step that is worth it.
_LARGEST_TILE = 1 << 28
_WORTH_A_LOOK = 10_000
# The largest cost that is given to the executor: of a unit of work that is a loop, it may be any number.
_LARGEST_COST = 1 << 31


@dataclass(eq=False, repr=False)
class Step:
    """One kernel call: `fields` fill its record, an address given as a Value, a Region, an array, or any of these with a byte offset."""

    kernel: Kernel
    fields: dict[str, Any]
    work: int
    cost: int
    scratch: int
    node: Node
    failures: dict[int, str] = field(default_factory=dict)
    routines: tuple[Routine, ...] = ()  # what the kernel calls

    def __repr__(self) -> str:
        return f"Step({self.kernel.name}, {self.work} x {self.cost}, {self.node!r})"


class Planned(Protocol):
    """What has planned the steps of a routine, and knows where their memory lies."""

    steps: list[Step]

    @property
    def prepared(self) -> int: ...
    def prepared_arrays(self) -> Iterator[np.ndarray]: ...
    def address(self, what: Any, routines: Any) -> int: ...


class Routine:
    """A graph that a kernel calls: steps, in memory that is a part of the caller's.

    The kernel leaves in `failed` what running the steps gave, if it was not 0. `touched` are the caller's values that it needs.
    """

    def __init__(self, name: str, planner: Planned, memory: Value, touched: list[Value]) -> None:
        self.name = name
        self.planner = planner
        self.memory = memory
        self.touched = touched
        self.steps = planner.steps
        self.failed = Region(8, "what a graph has failed with")

    @property
    def cost(self) -> int:
        """What a call takes, in elementary operations."""
        return sum(step.work * step.cost for step in self.steps)

    @property
    def scratch(self) -> int:
        return max((step.scratch for step in self.steps), default=0)


def routines_of(steps: Iterable[Step]) -> Iterator[Routine]:
    """The routines that steps call, without those that they themselves call."""
    return (routine for step in steps for routine in step.routines)


def all_steps(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps and those of all routines."""
    for step in steps:
        yield step
        for routine in step.routines:
            yield from all_steps(routine.steps)


@dataclass(frozen=True, repr=False)
class OpSteps:
    """The steps of one op, from the step `first` on."""

    node: Node
    first: int
    steps: list[Step]

    def __repr__(self) -> str:
        return f"OpSteps({self.node!r}, {', '.join(self.kernels) or 'no steps'})"

    @property
    def kernels(self) -> tuple[str, ...]:
        """The names of the kernels that they call, each once: of a matrix product, with its variant."""
        return tuple(dict.fromkeys(step.kernel.name for step in self.steps))


def steps_by_op(steps: Sequence[Step]) -> Iterator[OpSteps]:
    """The steps op by op."""
    starts = [i for i, step in enumerate(steps) if i == 0 or step.node is not steps[i - 1].node]
    for start, end in zip(starts, [*starts[1:], len(steps)], strict=False):
        yield OpSteps(steps[start].node, start, list(steps[start:end]))


def scratch_size(steps: list[Step]) -> int:
    """The bytes that a thread which runs the steps needs beside them."""
    return max((step.scratch for step in steps), default=0) + SLACK + CONTROL_BYTES


def addresses_of(kernels: Iterable[Kernel], progress: Progress | None = None) -> dict[str, int]:
    """The addresses of kernels by name; `progress` hears of compilation. Raises KernelError if one cannot be compiled."""
    try:
        return addresses(kernels, progress)
    except CompileError as error:
        raise KernelError(str(error), error.remedy) from None


def words_of(steps: list[Step], kernels: dict[str, int], address: Callable[[Any], int], threads: int) -> tuple[np.ndarray, np.ndarray]:
    """The executor's words for steps, and the records that they point to."""
    words = aligned(max(len(steps), 1) * STEP_WORDS, np.int64)
    offsets = np.cumsum([0, *(-(-step.kernel.record.size // 64) * 64 for step in steps if step.kernel.record)], dtype=np.int64)
    records = aligned(int(offsets[-1]) + 1, np.uint8)
    for index, step in enumerate(steps):
        record = step.kernel.record
        assert record is not None
        fields = {
            name: address(step.fields[name]) if kind == "pointer" else step.fields[name] for name, (_, kind, _, _) in record.fields.items()
        }
        try:
            packed = record.pack(fields)
        except (struct.error, OverflowError):
            _refuse(step, fields)
        records[offsets[index] : offsets[index] + record.size] = np.frombuffer(packed, np.uint8)
        cost = min(max(step.cost, 1), _LARGEST_COST)
        share = step.work if threads == 1 else max(-(-step.work // (threads * _TILES_PER_THREAD)), -(-_TILE_COST // cost))
        tile = max(min(share, _LARGEST_TILE // cost), 1)
        if step.work * cost < _WORTH_A_LOOK:
            cost = 0
        start = index * STEP_WORDS
        words[start : start + 5] = kernels[step.kernel.name], records.ctypes.data + offsets[index], step.work, tile, cost
    return words, records


def _refuse(step: Step, fields: dict[str, Any]) -> NoReturn:
    """Raise ModelError for a record that cannot be packed: a parameter of the model makes a number that its field does not hold."""
    assert step.kernel.record is not None
    with at(describe(step.node.op, step.node.index)):
        for name, (base, kind, count, _) in step.kernel.record.fields.items():
            declared = {"array": f"{base}[{count}]", "scalar": base, "pointer": "i64"}[kind]
            try:
                Record({name: declared}).pack({name: fields[name]})
            except (struct.error, OverflowError):
                raise ModelError(
                    f"its parameters make {name} = {fields[name]}, and kernel {step.kernel.name} takes {declared}",
                    "Convert the model again with sound scales and zero points, or mend it with tinylite.Model",
                ) from None
    raise AssertionError(f"the record of {step.kernel.name} cannot be packed, and each of its fields can")


class Segment:
    """Steps, their records and their memory: all that one native call needs.

    `call` makes that call, in this thread alone: 0, or where it failed; `check` raises that. One that is `long` lets other
    Python threads run meanwhile.
    """

    def __init__(self, steps: list[Step], words: np.ndarray, scratch: np.ndarray, threads: int, memory: Memory) -> None:
        self.steps = steps
        self.memory = memory
        self.threads = threads
        self.words = words
        self.scratch = scratch
        work = sum(step.work * step.cost for step in steps)
        self.long = work > _LONG
        self._call = Call(words, len(steps), scratch, self.long)
        self.call: Callable[[], int] = self._call.function

    @staticmethod
    def bind(steps: list[Step], kernels: dict[str, int], address: Callable[[Any], int], threads: int, memory: Memory) -> Segment:
        """Fill in what is known only when memory is there: the addresses of kernels and of tensors."""
        scratch = allocate(scratch_size(steps), "the kernels' scratch memory")
        words, records = words_of(steps, kernels, address, threads)
        segment = Segment(steps, words, scratch, threads, memory)
        segment.held = records, address  # the words point there
        return segment

    held: Any

    def run(self) -> None:
        """Run all steps, by a team if there are several threads. Raises InvokeError."""
        failed = None
        if self.threads > 1:
            with suppress(MemoryError):  # for the scratch memory of a team; one thread has its own
                failed = run_together(self.threads, self.words, len(self.steps), self.scratch.size)
        self.check(self.call() if failed is None else failed)

    def check(self, failed: int) -> None:
        """Raise InvokeError for what the executor gave back."""
        if failed:
            _blame(self.steps, failed, self.memory)


def _blame(steps: list[Step], failed: int, memory: Memory) -> NoReturn:
    """Raise what the executor says of steps: the number of the one that failed, from 1, plus its status times 2^32."""
    step, status = steps[(failed & 0xFFFFFFFF) - 1], failed >> 32
    with at(describe(step.node.op, step.node.index)):
        if 0 < status <= len(step.routines):
            routine = step.routines[status - 1]
            with at(f"graph {routine.name!r}"):
                _blame(routine.steps, int(memory.word(routine.failed)[0]), memory)
        problem = step.failures.get(status, f"kernel {step.kernel.name} gave status {status}")
        raise InvokeError(problem, "It comes of values that were fed or are constant: check the inputs")


def name_in_file(op: Op) -> str:
    """The name of an op in the file; of one that passes made of several, all of theirs."""
    return " + ".join(replaced.name for replaced in op.replaces) or op.name


def describe(op: Op, index: int) -> str:
    """An op, for messages."""
    output = next((tensor.name for tensor in op.outputs), None)
    return f"op {index} {op.name} version {op.version} (output {output!r})"
