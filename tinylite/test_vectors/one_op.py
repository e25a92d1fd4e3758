"""An op of a model as a model: what reproduces it, and what a kernel is tested with."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import UnsupportedError
from ..model import Model, Tensor
from ..model.cut import cut_ops, read_tensors

__all__ = ["one_op_model"]


def one_op_model(model: Model, index: int, shape_of: Callable[[Tensor], tuple[int, ...]]) -> Model:
    """A model of one op of the first graph, which takes what the op reads and returns what it writes.

    `shape_of` says the shape that a tensor of `model` has in a run. Constants are shared. Raises UnsupportedError for an op that works
    on what no file of numbers holds, text and handles of variables, and for one that returns nothing.
    """
    op = model.graph.ops[index]
    if not op.outputs:
        raise UnsupportedError("it has no output", "Choose another op")
    for tensor in (*op.inputs, *op.outputs):
        if tensor is not None and not tensor.is_numeric:
            raise UnsupportedError(f"its tensor {tensor.name!r} is {tensor.type} and holds no numbers", "Choose another op")
    made = cut_ops(model, 0, [index], read_tensors(op), op.outputs, shape_of)
    made.source = "the op alone"
    return made
