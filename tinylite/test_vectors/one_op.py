"""An op of a model as a model: what reproduces it, and what a kernel is tested with."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import UnsupportedError
from ..model import Model, Tensor, called_graphs

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
    made = model.copy()
    copied = dict(zip(map(id, made.graph.tensors), model.graph.tensors, strict=False))
    op = made.graph.ops[index]
    read = {id(tensor): tensor for tensor in op.inputs if tensor is not None and not tensor.is_constant and not tensor.is_variable}
    made.graph.ops = [op]
    op.debug_metadata_index = made.graph.debug_metadata_index = -1
    made.graph.cut(read.values(), op.outputs)
    for tensor in made.graph.tensors:
        if not tensor.is_constant and id(tensor) in copied:
            tensor.shape, tensor.shape_signature = shape_of(copied[id(tensor)]), None
    made.graphs = called_graphs(made.graph)
    made.signatures, made.metadata, made.metadata_buffer, made.associated_files, made.description = [], [], None, {}, None
    made.source = "the op alone"
    return made
