"""StridedSlice's masks, read as Python reads slices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .call import Call

__all__ = ["strided"]


def strided(call: Call, begin: Sequence[int], end: Sequence[int], strides: Sequence[int]) -> tuple[Any, ...]:
    """The index expression that a StridedSlice means: slices, numbers, None for a new axis and ... for the rest."""

    def masked(name: str, position: int) -> bool:
        return bool(int(call.attribute(name, 0)) >> position & 1)

    parts: list[Any] = []
    for position, (first, last, step) in enumerate(zip(begin, end, strides, strict=True)):
        if masked("ellipsis_mask", position):
            parts.append(...)
        elif masked("new_axis_mask", position):
            parts.append(None)
        elif masked("shrink_axis_mask", position):
            parts.append(first)
        else:
            parts.append(
                slice(None if masked("begin_mask", position) else first, None if masked("end_mask", position) else last, step)
            )  # fmt: skip
    return tuple(parts)
