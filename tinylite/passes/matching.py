"""Patterns of ops, written as nested tuples.

    ("MUL", "x", ("RELU6", ("ADD", "x", 3.0)))

A tuple is an op by its code (a custom op by its name) with its inputs; the inputs of commutative operators may be
in either order. A name means any tensor, the same one wherever it comes again; "#name" for a constant with one
element, and a number for a constant with that value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from typing import Any

from ..model import Graph, Op, Tensor
from ..ops import facts_of
from .uses import Uses, constant

__all__ = ["Found", "rewrite"]

Pattern = Any  # a tuple, a name or a number
Found = dict[str, Any]  # names to Tensors, "#names" to floats


def rewrite(graph: Graph, patterns: Sequence[Pattern], make: Callable[[Found, Op], Op | list[Op] | None]) -> int:
    """Replace every op that a pattern ends in by what `make` returns; returns the number replaced.

    The other ops of the pattern stay for `eliminate_dead_ops`: somebody else may read them. `make` may decline with None.
    """
    there = {op.name for op in graph.ops}
    patterns = [pattern for pattern in patterns if _codes(pattern) <= there]
    if not patterns:
        return 0
    uses, made = Uses(graph), 0
    for op in list(graph.ops):
        for pattern in patterns:
            if op.code != pattern[0]:
                continue
            new = next((new for found in _op(uses, op, pattern, {}) if (new := make(found, op)) is not None), None)
            if new is not None:
                uses.replace([op], new)
                made += 1
                break
    uses.apply()
    return made


def _codes(pattern: Pattern) -> set[str]:
    """All ops that a pattern needs."""
    return {pattern[0]}.union(*map(_codes, pattern[1:])) if isinstance(pattern, tuple) else set()


def _op(uses: Uses, op: Op, pattern: tuple[Any, ...], found: Found) -> Iterator[Found]:
    code, *wanted = pattern
    name = op.name if op.code == "CUSTOM" else op.code
    inputs = [tensor for tensor in op.inputs if tensor is not None]
    if name != code or len(inputs) < len(wanted):
        return
    if op.options is not None and getattr(op.options, "fused_activation_function", "NONE") != "NONE":
        return
    orders = permutations(wanted) if facts_of(op).commutative else [tuple(wanted)]
    for order in orders:
        yield from _all(uses, list(zip(inputs, order, strict=False)), found)


def _all(uses: Uses, pairs: list[tuple[Tensor, Pattern]], found: Found) -> Iterator[Found]:
    if not pairs:
        yield found
        return
    (tensor, pattern), *rest = pairs
    for more in _tensor(uses, tensor, pattern, found):
        yield from _all(uses, rest, more)


def _tensor(uses: Uses, tensor: Tensor, pattern: Pattern, found: Found) -> Iterator[Found]:
    if isinstance(pattern, tuple):
        op = uses.producer(tensor)
        if op is not None:
            yield from _op(uses, op, pattern, found)
    elif isinstance(pattern, str) and not pattern.startswith("#"):
        if found.get(pattern, tensor) is tensor:
            yield {**found, pattern: tensor}
    else:
        value = constant(tensor)
        if value is None or value.size != 1:
            return
        number = float(value.reshape(()))
        if isinstance(pattern, str):
            if found.get(pattern, number) == number:
                yield {**found, pattern: number}
        elif math.isclose(number, pattern, rel_tol=1e-4):
            yield found
