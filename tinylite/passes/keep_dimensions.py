"""Remove the reshapes around a matrix product that flatten its rows and restore their dimensions: it takes any number of them."""

from __future__ import annotations

import numpy as np

from ..model import Graph, Op, Tensor
from ..ops import facts_of
from ..ops.common.operator import Operator
from .graph_pass import keeps_bits
from .uses import Uses, has, rebuilt

__all__ = ["flatten_rows", "keep_dimensions"]


@keeps_bits
def keep_dimensions(graph: Graph) -> int:
    """Replace RESHAPE, FULLY_CONNECTED, RESHAPE by a FULLY_CONNECTED with keep_num_dims; returns the number of changes."""
    if not has(graph, "FULLY_CONNECTED"):
        return 0
    uses, kept = Uses(graph), 0
    for op in list(graph.ops):
        if op.code != "FULLY_CONNECTED" or op.options is None:
            continue
        before, after = uses.producer(op.inputs[0], "RESHAPE"), uses.sole_consumer(op.outputs[0], "RESHAPE")
        source, weights = before.inputs[0] if before is not None else op.inputs[0], op.inputs[1]
        if after is None or source is None or weights is None:
            continue
        out, depth = weights.shape
        if source.dynamic_shape[-1:] != (depth,) or after.outputs[0].dynamic_shape != (*source.dynamic_shape[:-1], out):
            continue
        if source.dynamic_shape.count(-1) > 1 and not _gives_back(uses, after, source):
            continue
        uses.replace([op, after], rebuilt(op, [source, *op.inputs[1:]], after.outputs, keep_num_dims=True))
        kept += 1
    uses.apply()
    return kept


@keeps_bits
def flatten_rows(graph: Graph) -> int:
    """Remove a RESHAPE that flattens the rows of a FULLY_CONNECTED's input, as the operator does itself; returns the number removed."""
    uses, flattened = Uses(graph), 0
    for op in graph.ops:
        before = uses.producer(op.inputs[0], "RESHAPE") if op.code == "FULLY_CONNECTED" else None
        if before is None or op.options is None or op.options.keep_num_dims or before.inputs[0] is None or op.inputs[1] is None:
            continue
        if before.inputs[0].shape[-1:] == op.inputs[1].shape[1:] and -1 not in before.inputs[0].dynamic_shape[-1:]:
            op.inputs[0] = before.inputs[0]
            flattened += 1
    return flattened


def _gives_back(uses: Uses, reshape: Op, source: Tensor) -> bool:
    """Whether the unknown dimensions that a RESHAPE makes are those of `source`, in its order; one of them may be left to it."""
    sizes = _sizes(uses, reshape.inputs[1] if len(reshape.inputs) > 1 else None)
    unknown = [axis for axis, size in enumerate(source.dynamic_shape) if size < 0]
    back = len(sizes) == len(source.dynamic_shape) and all(sizes[axis] in (-1, (id(source), axis)) for axis in unknown)
    return back and sizes.count(-1) <= 1


# A number, or which dimension of which tensor it is; None if that is not known.
_Size = int | tuple[int, int] | None


def _sizes(uses: Uses, tensor: Tensor | None) -> list[_Size]:
    """What a tensor of sizes holds, as far as it is picked from shapes and put together; nothing if it is not a vector."""
    found = _of_sizes(uses, tensor)
    return [] if found is None else found.reshape(-1).tolist()


def _of_sizes(uses: Uses, tensor: Tensor | None) -> np.ndarray | None:
    """The same as an array of the tensor's shape, whose elements are sizes."""
    if tensor is None or len(tensor.shape) > 1 or tensor.shape_signature is not None:
        return None
    if tensor.is_constant and tensor.data is not None:
        return tensor.data.astype(object)
    op, unknown = uses.producer(tensor), np.full(tensor.shape, None, object)
    if op is None or op.inputs[0] is None:
        return unknown
    if op.code == "SHAPE":
        found = np.empty(len(op.inputs[0].dynamic_shape), object)
        for axis, size in enumerate(op.inputs[0].dynamic_shape):
            found[axis] = size if size >= 0 else (id(op.inputs[0]), axis)
        return found
    operator = facts_of(op)
    if type(operator).of_sizes is Operator.of_sizes:
        return unknown
    given = [sizes for read in op.inputs if (sizes := _of_sizes(uses, read)) is not None]
    try:
        made = operator.of_sizes(op.options, *given) if len(given) == len(op.inputs) else None
    except (LookupError, TypeError, ValueError, AttributeError):  # an index that is not there or not known
        return unknown
    return unknown if made is None else np.asarray(made, object)
