"""Where tensors lie: offsets in one arena, from lifetimes.

Two tensors may share memory if they are never needed at the same time. Large ones are placed first, each in the lowest
gap that is free for its whole lifetime.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ALIGNMENT", "Block", "place"]

ALIGNMENT = 64  # bytes: a cache line, and the widest vector


@dataclass(eq=False)
class Block:
    """Memory that is needed from step `first` to step `last`, both included; `place` sets `offset`."""

    size: int
    first: int
    last: int
    offset: int = -1


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
