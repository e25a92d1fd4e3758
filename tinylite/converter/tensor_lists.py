"""TensorLists and TensorArrays as tensors: a list of n elements of shape s is a tensor [n, *s].

A list that was only made, and of which nothing was written, is a NewList: nothing is computed for it until an element is
written, which often determines the shape that its maker left open.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..model import Tensor
from ..tensor_types import tensor_dtype
from .call import Call
from .shapes import PartialShape

__all__ = ["NewList", "Pieces", "count_of", "known_count", "length", "new_list", "written"]

# A new list of no more elements is a constant: an op that makes it would take as much of the file.
_MOST_CONSTANT = 64


@dataclass(eq=False)
class NewList(Tensor):
    """A list of zeros: `count` is a scalar tensor, None where it is unknown; `element` the shape of its elements.

    A list that `grows` is made longer where something is written past its end.
    """

    count: Tensor | None = None
    element: PartialShape = None
    grows: bool = False


@dataclass(eq=False)
class Pieces(NewList):
    """A list whose elements have different shapes, by their places: no tensor, but they can be put end to end."""

    elements: dict[int, Tensor] = field(default_factory=dict)


def new_list(call: Call, count: Tensor | None, type: str, element: PartialShape) -> NewList:
    call.require(type != "VARIANT", "its elements are lists themselves", "Write the lists as one tensor")
    return NewList(call.node.name, (), type, count=count, element=element)


def known_count(call: Call, made: Tensor) -> int:
    """The number of elements of a list, -1 where only a run knows it."""
    if not isinstance(made, NewList):
        return call.shape(made)[0]
    counts = None if made.count is None else call.translator.partial.values(made.count)
    return counts[0] if counts else -1


def count_of(call: Call, made: Tensor) -> Tensor:
    """The number of elements of a list, an INT32 scalar."""
    if isinstance(made, NewList):
        call.require(made.count is not None, f"the length of list {made.name!r} is not known here")
        assert made.count is not None
        return call.cast(made.count, "INT32")
    signature = call.shape(made)
    if signature[0] >= 0:
        return call.make(signature[0], np.int32)
    return length(call, made, 0)


def length(call: Call, tensor: Tensor, axis: int) -> Tensor:
    """One dimension of a tensor, an INT32 scalar."""
    sizes = call.emit("SHAPE", [tensor], "INT32", (call.rank(tensor),), out_type="INT32")
    return call.emit("GATHER", [sizes, call.make(axis, np.int32)], "INT32", (), axis=0, batch_dims=0)


def written(call: Call, made: Tensor, shape: PartialShape = None, sizes: dict[int, Tensor] | None = None) -> Tensor:
    """A list as a tensor that ops can read. `shape` has what is known of it besides; `sizes` scalars for what is not."""
    if not isinstance(made, NewList):
        return made
    if isinstance(made, Pieces):
        call.fail(f"the elements of list {made.name!r} have different shapes", "Pad them to one shape, or put them end to end (concat)")
    own = None if made.element is None else (known_count(call, made), *made.element)
    if shape is None or (own is not None and len(own) != len(shape)):
        shape = own
    if shape is None:
        call.fail(
            f"the shape of the elements of list {made.name!r} is not known", "Give it where the list is made (element_shape of TensorArray)"
        )
    if own is not None:
        shape = tuple(b if b >= 0 else a for a, b in zip(shape, own, strict=True))
    zero = call.make(0, tensor_dtype(made.type))
    if -1 not in shape and 0 < np.prod(shape, dtype=np.int64) <= _MOST_CONSTANT:
        return call.make(np.zeros(shape, tensor_dtype(made.type)))
    if -1 not in shape:
        return call.emit("FILL", [call.shape_tensor(shape), zero], made.type, shape)
    sizes = {0: count_of(call, made), **(sizes or {})}
    missing = [axis for axis, size in enumerate(shape) if size < 0 and axis not in sizes]
    call.require(
        not missing, f"the shape {list(shape[1:])} of the elements of list {made.name!r} is not known",
        "Give the shapes of the inputs (input_shapes), or element_shape where the list is made",
    )  # fmt: skip
    scalars = [sizes[axis] if size < 0 else call.make(size, np.int32) for axis, size in enumerate(shape)]
    dims = call.emit("PACK", scalars, "INT32", (len(shape),), values_count=len(shape), axis=0)
    return call.emit("FILL", [dims, zero], made.type, shape)
