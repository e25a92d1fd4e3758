"""Write an element of a list as an update of the list, where a converter has spelt it as slices."""

from __future__ import annotations

import numpy as np

from ..model import Graph, Op, Tensor, own_options
from .graph_pass import keeps_bits
from .uses import Uses

__all__ = ["update_in_place"]


@keeps_bits
def update_in_place(graph: Graph) -> int:
    """Replace concat(x[:i], item, x[i + 1:]) by DYNAMIC_UPDATE_SLICE; returns the number replaced.

    TensorFlow's converter writes lists of tensors so, such as the outputs of a recurrent layer, an element per iteration. The sizes of
    the slices are known only to a run, and those of the whole to everybody. An index that is not there is an error here too,
    but for one of -1: the slices make a list of twice the length of it.
    """
    uses = Uses(graph)
    changes = 0
    for op in graph.ops:
        found = _update(op, uses)
        if found is not None:
            uses.replace([op], found)
            changes += 1
    uses.apply()
    return changes


def _update(op: Op, uses: Uses) -> list[Op] | None:
    options = own_options(op)
    if op.code != "CONCATENATION" or len(op.inputs) != 3 or options is None:
        return None
    if options.axis != 0 or options.fused_activation_function != "NONE":
        return None
    before, item, after = op.inputs
    front, back = uses.producer(before, "SLICE"), uses.producer(after, "SLICE")
    if front is None or back is None or item is None or len(front.inputs) != 3 or len(back.inputs) != 3:
        return None
    (data, zeros, size), (same, begin, rest) = front.inputs, back.inputs
    if data is None or data is not same or len(item.shape) != len(data.shape) or item.shape[:1] != (1,):
        return None
    rank = len(data.shape)
    index, following = _first(size, -1, rank, uses), _first(begin, 0, rank, uses)
    if not (_filled(zeros, 0, rank) and _filled(rest, -1, rank) and index and following and _is_next(following, index, uses)):
        return None
    others = Tensor("zeros", (rank - 1,), "INT32")
    others.data = np.zeros(rank - 1, np.int32)
    start = Tensor("start", (rank,), "INT32")
    flat = Tensor("index", (1,), "INT32")
    made = [
        Op("RESHAPE", [index], [flat], new_shape=[1]),
        Op("CONCATENATION", [flat, others], [start], axis=0),
        Op("DYNAMIC_UPDATE_SLICE", [data, item, start], op.outputs),
    ]
    for new in made:
        new.replaces = (op,)
    made[-1].replaces = (op, front, back)
    return made


def _filled(tensor: Tensor | None, value: int, count: int) -> bool:
    """Whether a constant is `count` times this value."""
    if tensor is None or not tensor.is_constant or tensor.type != "INT32" or tensor.sparsity is not None:
        return False
    return tensor.shape == (count,) and bool(np.all(tensor.data == value))


def _first(tensor: Tensor | None, value: int, count: int, uses: Uses) -> Tensor | None:
    """What is first in a list of `count` numbers, the others of which are this value."""
    if count > 1:
        joined = uses.producer(tensor, "CONCATENATION")
        if joined is None or len(joined.inputs) != 2 or not _filled(joined.inputs[1], value, count - 1):
            return None
        tensor = joined.inputs[0]
    shaped = uses.producer(tensor, "RESHAPE")
    number = shaped.inputs[0] if shaped is not None else tensor
    return number if number is not None and number.type == "INT32" and number.shape in ((), (1,)) else None


def _is_next(following: Tensor, index: Tensor, uses: Uses) -> bool:
    """Whether one number is the other and one."""
    added = uses.producer(following, "ADD")
    options = own_options(added) if added is not None else None
    if added is None or options is None or options.fused_activation_function != "NONE" or len(added.inputs) != 2:
        return False
    a, b = added.inputs
    other = b if a is index else a if b is index else None
    if other is None or not other.is_constant or other.type != "INT32" or other.sparsity is not None or other.shape not in ((), (1,)):
        return False
    return bool(np.all(other.data == 1))
