"""What a plan has of memory: storages in an arena, and arrays that were prepared for kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from .errors import KernelError, ModelError
from .kernels.store import CompileError, Progress, addresses
from .limits import Account, check_size, size_text
from .memory import SLACK, Block, Storage, allocate, place
from .ops.common.operator import Shape, Value
from .segment import Routine, Segment, Step, all_steps, routines_of

__all__ = ["END", "Layout"]

_TABLE_ENTRY = 48  # bytes: some arrays of 8 bytes an entry at the same time
END = 1 << 60  # the step until which lasts what a run leaves


class Layout:
    """The steps of a segment and the memory that they work on. First the sizes of storages are gathered, then they get places."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.storages: list[Storage] = []  # of the segment that is being planned
        self.owner = object()  # what its storages know it by
        self.arrays: dict[int, np.ndarray] = {}  # what records point to, kept alive, by id of what was given
        self.arena: np.ndarray = np.zeros(0, np.uint8)
        self.arena_size = 0
        self.account = Account()  # what all that takes, with what called graphs take

    def store(self, value: Value, last: int | None = None) -> Storage:
        """New memory for a value, from now until its last use."""
        now = len(self.steps)
        storage = Storage(value.nbytes, now, now if last is None else last, value.name, self.owner)
        self.storages.append(storage)
        return storage

    def keep(self, value: Value, last: int = END) -> None:
        """Let a value's memory last until a step, or until the end of the run. What a caller has lent is the caller's business."""
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

    @property
    def prepared(self) -> int:
        """The bytes of all that, with what the routines of this segment have."""
        mine = sum(array.nbytes for array in self.arrays.values())
        return mine + sum(routine.planner.prepared for routine in routines_of(self.steps))

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
        """Give the storages of this segment their places in its arena; sets `arena_size`."""
        blocks = [Block(storage.size + SLACK, storage.first, storage.last) for storage in self.storages]
        self.arena_size = place(blocks)
        if self.storages:
            largest = max(self.storages, key=lambda storage: storage.size)
            what = f"the graph's memory (of which {largest.name!r} is {size_text(largest.size)})"
            check_size(self.arena_size, what, beside=self.account.spent)
        for storage, block in zip(self.storages, blocks, strict=True):
            storage.offset = block.offset

    def settle(self, arena: np.ndarray, kernels: dict[str, int]) -> None:
        """Put the segment's storages into an arena, and after them those of the routines, whose arenas are parts of it."""
        self.arena = arena
        for storage in self.storages:
            storage.arena = arena
        for routine in routines_of(self.steps):
            routine.settle(kernels)

    def bind(self, threads: int, progress: Progress | None) -> Segment:
        """Lay out the memory of what was planned since the last segment, and bind it."""
        self.lay_out()
        arena = allocate(self.arena_size, "the graph's memory", self.account)
        try:
            kernels = addresses((step.kernel for step in all_steps(self.steps)), progress)
        except CompileError as error:
            raise KernelError(str(error), error.remedy) from None
        self.settle(arena, kernels)
        return Segment.bind(self.steps, kernels, self.address, threads, self.account)

    def address(self, what: Any) -> int:
        """Where a record's pointer points."""
        if what is None:
            return 0
        if isinstance(what, tuple):
            return self.address(what[0]) + int(what[1])
        if isinstance(what, np.ndarray):
            self.arrays[id(what)] = what
            return int(what.ctypes.data)
        if isinstance(what, Routine):
            return int(what.words.ctypes.data)
        if what.storage is None:
            return int(self.readable(what.known).ctypes.data)
        return int(what.storage.memory.ctypes.data)

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
        memory: np.ndarray = value.storage.memory[: value.nbytes]
        return memory.view(value.dtype).reshape(value.shape)
