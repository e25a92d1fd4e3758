"""What a plan has of memory: storages in an arena, and arrays that were prepared for kernels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from ..errors import ModelError
from ..kernels.store import Progress
from ..limits import Account, check_size, size_text
from ..memory.arena import SLACK, Block, Memory, Region, Storage, allocate, place
from ..ops.common.operator import Shape, Value
from .segment import Planned, Routine, Segment, Step, addresses_of, all_steps, routines_of, words_of

__all__ = ["ARENA", "END", "Layout"]

ARENA = "the graph's memory"  # what messages call it

_TABLE_ENTRY = 48  # bytes: some arrays of 8 bytes an entry at the same time
END = 1 << 60  # the step until which lasts what a run leaves


class Layout:
    """The steps of a segment and what they work on. First the sizes of storages are gathered, then they get places in an arena, then
    all is bound to `memory`, which says where the arena lies.
    """

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.steps: list[Step] = []
        self.storages: list[Storage] = []  # of the segment that is being planned
        self.owner = object()  # what its storages know it by
        self.arrays: dict[int, np.ndarray] = {}  # what records point to, kept alive, by id of what was given
        self.arena = Region(0, ARENA)
        self.account = Account()  # what all that takes, with what called graphs take

    def store(self, value: Value, last: int | None = None) -> Storage:
        """New memory for a value, from now until its last use."""
        now = len(self.steps)
        storage = Storage(value.nbytes, now, now if last is None else last, value.name, self.owner, self.arena)
        self.storages.append(storage)
        return storage

    def keep(self, value: Value, last: int = END) -> None:
        """Extend a value's lifetime to a step, or to the end of the run. What a caller has lent is the caller's business."""
        if value.storage is not None and value.storage.owner is self.owner:
            value.storage.last = max(value.storage.last, last)

    def array(self, shape: int | Shape, dtype: Any) -> np.ndarray:
        """Zeros that start on a cache line, for packed weights and tables; kept as long as the plan."""
        dtype = np.dtype(dtype)
        count = int(np.prod(shape, dtype=np.int64))
        memory = allocate(count * dtype.itemsize + SLACK, "what is prepared for its kernel", self.account)
        made = memory[: count * dtype.itemsize].view(dtype).reshape(shape)
        self.arrays[id(made)] = made
        return made

    def check_table(self, count: int) -> None:
        """Raise OutOfMemoryError unless there is room to compute a table of `count` entries with numpy."""
        check_size(count * _TABLE_ENTRY, "a table for its kernel, while it is computed,", beside=self.account.spent)

    def blocks(self) -> list[Storage]:
        """The storages of this segment, in the order of use and place."""
        return sorted(self.storages, key=lambda storage: (storage.first, storage.offset))

    @property
    def arena_size(self) -> int:
        """The bytes of the arena, once it is laid out."""
        return self.arena.size

    @property
    def prepared(self) -> int:
        """The bytes of all that, with what the routines of this segment have."""
        mine = sum(array.nbytes for array in self.arrays.values())
        return mine + sum(routine.planner.prepared for routine in routines_of(self.steps))

    def prepared_arrays(self) -> Iterator[np.ndarray]:
        """Those arrays, and those of routines."""
        yield from self.arrays.values()
        for routine in routines_of(self.steps):
            yield from routine.planner.prepared_arrays()

    def constant(self, values: Any, dtype: Any) -> np.ndarray:
        """A copy of `values` that kernels may read. Raises ModelError for whole numbers that the type does not hold."""
        values, dtype = np.asarray(values), np.dtype(dtype)
        if dtype.kind in "iu" and values.size and not np.can_cast(values.dtype, dtype):
            limits = np.iinfo(dtype)
            if values.min() < limits.min or values.max() > limits.max:
                raise ModelError(f"its parameters make numbers from {values.min()} to {values.max()}, which no {dtype} holds")
        made = self.array(values.shape, dtype)
        made[...] = values
        return made

    # ---- places

    def lay_out(self) -> None:
        """Place the storages of this segment in its arena."""
        blocks = [Block(storage.size + SLACK, storage.first, storage.last) for storage in self.storages]
        self.arena.size = place(blocks)
        if self.storages:
            largest = max(self.storages, key=lambda storage: storage.size)
            what = f"{ARENA} (of which {largest.name!r} is {size_text(largest.size)})"
            check_size(self.arena.size, what, beside=self.account.spent)
        for storage, block in zip(self.storages, blocks, strict=True):
            storage.offset = block.offset

    def bind(self, threads: int, progress: Progress | None = None) -> Segment:
        """Bind what was laid out to this layout's memory: it can be run there then."""
        kernels = addresses_of((step.kernel for step in all_steps(self.steps)), progress)
        routines = _Routines(self.memory, kernels)
        routines.bind(self)
        return Segment.bind(self.steps, kernels, lambda what: self.address(what, routines), threads, self.memory)

    def address(self, what: Any, routines: _Routines) -> int:
        """Where a record's pointer points."""
        if what is None:
            return 0
        if isinstance(what, tuple):
            return self.address(what[0], routines) + int(what[1])
        if isinstance(what, np.ndarray):
            self.arrays[id(what)] = what
            return int(what.ctypes.data)
        if isinstance(what, Region):
            return int(routines.memory.of(what).ctypes.data)
        if isinstance(what, Routine):
            return int(routines.bound[what][0].ctypes.data)
        if what.storage is None:
            return int(self.readable(what.constant_value).ctypes.data)
        return int(routines.memory.at(what.storage).ctypes.data)

    def readable(self, known: np.ndarray) -> np.ndarray:
        """A constant with the slack after it that kernels need: in the file it may be the last thing."""
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
            assert value.constant_value is not None
            return value.constant_value
        return self.memory.at(value.storage)[: value.nbytes].view(value.dtype).reshape(value.shape)


class _Routines:
    """The routines that steps call, bound to a memory: for each the executor's words, and the records that they point to."""

    def __init__(self, memory: Memory, kernels: dict[str, int]) -> None:
        self.memory = memory
        self.kernels = kernels
        self.bound: dict[Routine, tuple[np.ndarray, np.ndarray]] = {}

    def bind(self, layout: Planned) -> None:
        """Those of a layout, and first those that they themselves call, whose arenas are parts of theirs."""
        for routine in routines_of(layout.steps):
            inner = routine.planner
            self.bind(inner)
            self.bound[routine] = words_of(routine.steps, self.kernels, partial(inner.address, routines=self), 1)
