"""Shapes that stretch: a dimension of 1 repeats to meet the other operand's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from .operator import Node, Shape

__all__ = ["blocks", "broadcast", "loops", "vector_run"]


def broadcast(node: Node, *shapes: Shape) -> Shape:
    """The shape that all shapes stretch to. Fails if they do not fit together."""
    rank = max(len(shape) for shape in shapes)
    result = []
    for axis in range(-rank, 0):
        sizes = {shape[axis] for shape in shapes if -axis <= len(shape)} - {1}
        if len(sizes) > 1:
            node.fail(f"the shapes {' and '.join(str(list(shape)) for shape in shapes)} do not broadcast together")
        result.append(sizes.pop() if sizes else 1)
    return tuple(result)


def _strides(shape: Shape, rank: int) -> list[int]:
    """Elements from one index to the next in each dimension of the stretched shape; 0 where it repeats."""
    strides, step = [0] * rank, 1
    for axis in range(1, len(shape) + 1):
        if shape[-axis] != 1:
            strides[-axis] = step
        step *= shape[-axis]
    return strides


def loops(node: Node, shapes: Sequence[Shape], out: Shape, most: int, names: Sequence[str] = ("x", "y")) -> dict[str, Any]:
    """The fields of a kernel that walks operands (kernels/binary.py): neighbouring dimensions made one where they can be."""
    dims: list[list[int]] = []  # size, the stride of each operand; innermost last
    for size, *strides in zip(out, *(_strides(shape, len(out)) for shape in shapes), strict=True):
        if size == 1:
            continue
        if dims and all(above == stride * size for above, stride in zip(dims[-1][1:], strides, strict=True)):
            dims[-1] = [dims[-1][0] * size, *strides]
        else:
            dims.append([size, *strides])
    run = dims.pop() if dims else [1] * (len(shapes) + 1)
    if len(dims) > most:
        node.unsupported(f"it broadcasts along {len(dims)} dimensions that cannot be joined, more than {most}")
    walk: dict[str, Any] = {"outer": len(dims), "dims": [d[0] for d in dims], "run": run[0]}
    for position, name in enumerate(names, 1):
        walk |= {f"{name}_strides": [d[position] for d in dims], f"{name}_step": run[position]}
    return walk


def blocks(walk: dict[str, Any]) -> dict[str, Any]:
    """`work` and `cost` of a step of a kernel that walks operands in blocks of a run; nothing if the output is empty."""
    from ...kernels.binary import BLOCK

    return {"work": -(-walk["run"] // BLOCK) * math.prod(walk["dims"]), "cost": min(walk["run"], BLOCK) + 16}


def vector_run(x: Shape, y: Shape) -> tuple[int, bool]:
    """How many neighbouring results LiteRT's optimized kernels compute in one go, and whether one operand is a single number there.

    That is, the innermost loop of BinaryBroadcastFiveFold; 0 where the shapes do not fit its five loops and each result is by itself.
    """
    rank = max(len(x), len(y))
    pairs = [(a, b) for a, b in zip((1,) * (rank - len(x)) + x, (1,) * (rank - len(y)) + y, strict=True)]
    if all(a == b for a, b in pairs):
        return math.prod(x), False
    # The operand that repeats along the last dimension in which they differ comes first.
    if next(a for a, b in reversed(pairs) if a != b) != 1:
        pairs = [(b, a) for a, b in pairs]

    def take(wanted: Callable[[int, int], bool]) -> int:
        size = 1
        while pairs and wanted(*pairs[-1]):
            size *= max(pairs.pop())
        return size

    same = take(lambda a, b: a == b)
    repeated = take(lambda a, b: a == 1)
    take(lambda a, b: a == b)
    take(lambda a, b: b == 1)
    take(lambda a, b: a == b)
    if pairs:
        return 0, False
    return (same, False) if same > 1 else (repeated, True)
