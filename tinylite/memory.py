"""Where tensors lie: offsets in one arena, from lifetimes; and memory for it.

Two tensors may share memory if they are never needed at the same time. Large ones are placed first, each in the lowest
gap that is free for its whole lifetime; where there are very many, the small ones share by size.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from .kernels.executor import aligned
from .limits import Account, memory_shortage, size_text

__all__ = ["ALIGNMENT", "SLACK", "Block", "Storage", "allocate", "place"]

ALIGNMENT = 64  # bytes: a cache line, and the widest vector
# Kernels may read, and scratch may be written, so many bytes behind the end of a tensor.
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
class Storage:
    """Memory of one tensor, or of several that are the same bytes, needed from step `first` to step `last` of its `owner`."""

    size: int
    first: int
    last: int
    name: str
    owner: object
    offset: int = -1  # in its arena, once laid out
    arena: np.ndarray | None = None

    @property
    def memory(self) -> np.ndarray:
        """Its bytes, uint8 [size]."""
        assert self.arena is not None, f"{self.name!r} has no memory yet"
        return self.arena[self.offset : self.offset + self.size]


def place(blocks: list[Block]) -> int:
    """Give every block an offset, a multiple of ALIGNMENT; gives the size of the arena in bytes."""
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
    """Behind all that, each in the place of one of its size that is not needed any more, if there is one."""
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


def allocate(size: int, what: str, account: Account) -> np.ndarray:
    """Zeros, uint8 [size], that start on a cache line. Raises OutOfMemoryError if they may not be had or are not there."""
    account.take(size, what)
    with memory_shortage(f"{what}, of {size_text(size)},", "Resize the inputs, or end other programs"):
        return aligned(size, np.uint8)
