"""Where tensors lie: offsets in one arena, from lifetimes; and memory within a limit.

Two tensors may share memory if they are never needed at the same time. Large ones are placed first, each in the lowest
gap that is free for its whole lifetime.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from .errors import OutOfMemoryError, SettingError
from .kernels.executor import aligned

__all__ = ["ALIGNMENT", "SLACK", "Block", "Storage", "allocate", "check_size", "memory_limit", "place", "turn_limit"]

ALIGNMENT = 64  # bytes: a cache line, and the widest vector
# Kernels may read, and scratch may be written, so many bytes behind the end of a tensor.
SLACK = 128


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
    placed: list[Block] = []
    total = 0
    for block in sorted(blocks, key=lambda b: (-b.size, b.first)):
        size = -(-block.size // ALIGNMENT) * ALIGNMENT
        offset = 0
        for other in placed:  # ordered by offset
            if other.last < block.first or block.last < other.first:
                continue
            if other.offset - offset >= size:
                break
            offset = max(offset, other.offset + -(-other.size // ALIGNMENT) * ALIGNMENT)
        block.offset = offset
        total = max(total, offset + size)
        position = len(placed)
        while position and placed[position - 1].offset > offset:
            position -= 1
        placed.insert(position, block)
    return total


def memory_limit() -> int:
    """The bytes that a plan may take: TINYLITE_MEMORY_LIMIT, or the machine's memory. Raises SettingError."""
    wanted = _number("TINYLITE_MEMORY_LIMIT", "bytes", "2e9")
    if wanted is not None:
        return wanted
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 1 << 46


def turn_limit() -> int:
    """How often a WHILE may run its body: TINYLITE_TURN_LIMIT, or as often as it likes. Raises SettingError."""
    wanted = _number("TINYLITE_TURN_LIMIT", "turns", "1e6")
    return 1 << 62 if wanted is None else wanted


def _number(name: str, what: str, example: str) -> int | None:
    """The number that an environment variable gives, if it is set."""
    wanted = os.environ.get(name)
    if not wanted:
        return None
    try:
        return min(int(float(wanted)), 1 << 62)
    except (ValueError, OverflowError):
        raise SettingError(f"{name}={wanted} is no number of {what}", f"Give one such as {example}, or leave it unset") from None


def check_size(size: int, what: str) -> None:
    """Raise OutOfMemoryError if `size` bytes are more than a plan may take."""
    limit = memory_limit()
    if size > limit:
        raise OutOfMemoryError(
            f"{what} takes {size / 1e9:.3g} GB, and {limit / 1e9:.3g} GB are allowed",
            "Resize the inputs, or raise TINYLITE_MEMORY_LIMIT",
        )


def allocate(size: int, what: str) -> np.ndarray:
    """Zeros, uint8 [size], that start on a cache line. Raises OutOfMemoryError if they may not be had or are not there."""
    check_size(size, what)
    try:
        return aligned(size, np.uint8)
    except MemoryError:
        raise OutOfMemoryError(f"{what} takes {size / 1e9:.3g} GB, which the system refuses", "Resize the inputs") from None
