"""Where tensors lie: offsets in one arena, from lifetimes; and memory for it.

Two tensors may share memory if they are never needed at the same time. Large ones are placed first, each in the lowest
gap that is free for its whole lifetime; where there are very many, the small ones share by size.
"""

from __future__ import annotations

import heapq
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..errors import quoted
from ..kernels.executor import aligned
from ..limits import Account, check_size, memory_shortage, size_text

__all__ = ["ALIGNMENT", "SLACK", "Block", "Memory", "Region", "Storage", "allocate", "place"]

ALIGNMENT = 64  # bytes: a cache line, and the widest vector
# Kernels may read, and scratch may be written, so many bytes past the end of a tensor.
SLACK = 128
# The largest blocks, so many, are fitted into gaps; what they leave is small, and a graph may have a hundred thousand of it.
_FITTED = 2000


@dataclass(eq=False)
class Block:
    """Memory that is needed from step `first` to step `last`, both included; `place` sets `offset`."""

    size: int
    first: int
    last: int
    offset: int = -1


@dataclass(eq=False)
class Region:
    """Memory that runs write, `size` bytes: what that is in one interpreter, its `Memory` says.

    It is a part of a larger one if `within` says of which storage. `start` writes what is in it at first, instead of zeros; a region
    that is `apart` starts anew in each clone.
    """

    size: int
    name: str
    within: Storage | None = None
    start: Callable[[np.ndarray], None] | None = None
    apart: bool = False
    bytes: weakref.WeakKeyDictionary[Memory, np.ndarray] = field(default_factory=weakref.WeakKeyDictionary, repr=False)


@dataclass(eq=False, repr=False)
class Storage:
    """Memory of one tensor, or of several that are the same bytes, needed from step `first` to step `last` of its `owner`."""

    size: int
    first: int
    last: int
    name: str
    owner: object
    arena: Region
    offset: int = -1  # in its arena, once laid out

    def __repr__(self) -> str:
        return f"Storage({quoted(self.name)}, {self.size} bytes at {self.offset}, steps {self.first} to {self.last})"


class Memory:
    """The memory of one interpreter. Plans are made of regions, so that a clone can share a plan and have its own memory.

    A region has its bytes of each memory, so that they go when it goes, and no Python code runs then: what a signal's handler raises
    in code that runs when an object goes, as in a callback of a weak reference, is lost.
    """

    def __init__(self) -> None:
        self._regions: list[weakref.ref[Region]] = []  # those that have bytes, for copies
        self._most = 64  # of them, before those that are gone are looked for

    def of(self, region: Region) -> np.ndarray:
        """The bytes of a region, uint8 [size]. Raises OutOfMemoryError if they are not there yet and may not be had."""
        if region.within is not None:
            return self.at(region.within)
        found = region.bytes.get(self)
        if found is None:
            found = self._take(region)
            if region.start is not None:
                region.start(found)
        return found

    def _take(self, region: Region) -> np.ndarray:
        found = region.bytes[self] = allocate(region.size, region.name)
        if len(self._regions) >= self._most:
            self._regions = [known for known in self._regions if known() is not None]
            self._most = 2 * len(self._regions) + 64
        self._regions.append(weakref.ref(region))
        return found

    def at(self, storage: Storage) -> np.ndarray:
        """The bytes of a storage, uint8 [size]."""
        assert storage.offset >= 0, f"{storage.name!r} has no place yet"
        return self.of(storage.arena)[storage.offset : storage.offset + storage.size]

    def word(self, region: Region) -> np.ndarray:
        """A region that is one int64 [1]."""
        return self.of(region)[:8].view(np.int64)

    def copy(self) -> Memory:
        """Other memory with the same in it."""
        copied = Memory()
        for known in list(self._regions):
            region = known()
            if region is not None and region.apart and region.start is not None:
                copied.of(region)
            elif region is not None:
                copied._take(region)[...] = region.bytes[self]
        return copied


def place(blocks: list[Block]) -> int:
    """Assign every block an offset, a multiple of ALIGNMENT; returns the size of the arena in bytes."""
    ordered = sorted(blocks, key=lambda b: (-b.size, b.first))
    return _place_rest(ordered[_FITTED:], _place_in_gaps(ordered[:_FITTED]))


def _place_in_gaps(blocks: list[Block]) -> int:
    """Each in the lowest gap that is free for its whole lifetime: in a time that is the square of how many there are."""
    placed: list[Block] = []
    total = 0
    for block in blocks:
        size = _rounded(block.size)
        offset = 0
        for other in placed:  # ordered by offset
            if other.last < block.first or block.last < other.first:
                continue
            if other.offset - offset >= size:
                break
            offset = max(offset, other.offset + _rounded(other.size))
        block.offset = offset
        total = max(total, offset + size)
        position = len(placed)
        while position and placed[position - 1].offset > offset:
            position -= 1
        placed.insert(position, block)
    return total


def _place_rest(blocks: list[Block], total: int) -> int:
    """After all that, each in the place of one of its size that is not needed any more, if there is one."""
    free: dict[int, list[int]] = {}
    busy: list[tuple[int, int, int]] = []  # the last step, offset and size of each, as a heap
    for block in sorted(blocks, key=lambda b: b.first):
        while busy and busy[0][0] < block.first:
            _, offset, size = heapq.heappop(busy)
            free.setdefault(size, []).append(offset)
        size = _rounded(block.size)
        if free.get(size):
            block.offset = free[size].pop()
        else:
            block.offset, total = total, total + size
        heapq.heappush(busy, (block.last, block.offset, size))
    return total


def _rounded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def allocate(size: int, what: str, account: Account | None = None) -> np.ndarray:
    """Zeros, uint8 [size], that start on a cache line; counted by the account, unless they were counted when they were planned.

    Raises OutOfMemoryError if they may not be had or are not there.
    """
    if account is not None:
        account.take(size, what)
    else:
        check_size(size, what)
    with memory_shortage(f"{what}, of {size_text(size)},", "Resize the inputs, or end other programs"):
        return aligned(size, np.uint8)
