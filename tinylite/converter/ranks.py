"""How many dimensions ops want their inputs to have, which determines it for inputs of unknown rank, and is checked of the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..model import Tensor
from .shapes import PartialShape, partial_shape
from .tf_ops.registry import RANKS

if TYPE_CHECKING:
    from .call import Call

__all__ = ["of_entries", "other_input", "settle_ranks"]


def settle_ranks(call: Call) -> None:
    """Give inputs of unknown rank the rank that a node wants. Raises ConvertError for an input that has another."""
    for index, wanted in _wanted(call):
        if index >= len(call.inputs):
            continue
        tensor = call.inputs[index]
        found = partial_shape(tensor)
        if found is None:
            _settle(tensor, wanted)
        else:
            count = "no dimensions" if not found else f"{len(found)} dimension{'s' * (len(found) > 1)}, {list(found)},"
            call.fits(len(found) == len(wanted), f"its input {tensor.name!r} has {count} and it takes {len(wanted)}")


def _settle(tensor: Tensor, wanted: tuple[int, ...]) -> None:
    tensor.shape = tuple(max(size, 1) for size in wanted)
    tensor.shape_signature = wanted if -1 in wanted else None
    tensor.has_rank = True


def _wanted(call: Call) -> Iterator[tuple[int, tuple[int, ...]]]:
    ranks = RANKS.get(call.op, ())
    if callable(ranks):
        yield from ranks(call)
    else:
        yield from ((index, (-1,) * rank) for index, rank in enumerate(ranks) if rank is not None)


def of_entries(call: Call) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The ranks of ops with an entry for each dimension of the first input in their second."""
    entries = partial_shape(call.inputs[1]) if len(call.inputs) > 1 else None
    if entries and entries[0] >= 0:
        yield 0, (-1,) * entries[0]


def other_input(call: Call, index: int, rank: int) -> PartialShape:
    """The shape of the other one of the first two inputs, if it is known and has that many dimensions."""
    other: PartialShape = partial_shape(call.inputs[1 - index]) if len(call.inputs) >= 2 else None
    return None if other is None or len(other) != rank else other
