"""Shapes with unknown dimensions, and what they become after an op.

A partial shape is one in which -1 means a dimension that only a run knows; None is a shape of unknown rank.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .. import ops
from ..errors import ConvertError, ModelError, UnsupportedError
from ..model import Op, Tensor
from ..ops.common.operator import NeedsValue, Node, Operator, Value
from ..tensor_types import shape_problem

__all__ = ["PartialShape", "broadcast", "computed", "infer", "infer_sized", "joined", "merged", "partial_shape"]

PartialShape = tuple[int, ...] | None

_DAMAGED = "The graph is damaged: make it again"

# Two sizes for unknown dimensions, to see which dimensions of an output depend on them. Both can be divided by what
# strides, blocks and reshapes usually divide by.
_TRIALS = (720720, 1441440)


def partial_shape(tensor: Tensor) -> PartialShape:
    """The shape of a tensor as far as it is known."""
    return tensor.dynamic_shape if tensor.has_rank else None


def computed(name: str, type: str | int, partial: PartialShape) -> Tensor:
    """A tensor that is not constant. As TensorFlow's converter does, `shape` has 1 where the partial shape has -1.

    Raises ConvertError for what is neither a type nor a shape: a graph may say anything.
    """
    if not isinstance(type, str):
        raise ConvertError(f"the graph gives it no type, but {type!r}", _DAMAGED)
    if partial is None:
        return Tensor(name, (), type)
    partial = tuple(int(dimension) for dimension in partial)
    shape = tuple(1 if dimension < 0 else dimension for dimension in partial)
    problem = shape_problem(shape) if min(partial, default=0) >= -1 else f"its shape {list(partial)} has a negative dimension"
    if problem:
        raise ConvertError(problem, "A .tflite file cannot hold it: check the graph, or give the shapes of the inputs (input_shapes)")
    return Tensor(name, shape, type, shape_signature=partial if shape != partial else None, has_rank=True)


def broadcast(*partials: PartialShape) -> PartialShape:
    """The partial shape of an elementwise op's output. Raises ConvertError where shapes do not fit together."""
    known = [partial for partial in partials if partial is not None]
    if len(known) < len(partials):
        return None
    result = []
    for axis in range(-max(map(len, known)), 0):
        sizes = {partial[axis] for partial in known if -axis <= len(partial)} - {1}
        fixed = sizes - {-1}
        if len(fixed) > 1:
            raise ConvertError(f"shapes {' and '.join(str(list(partial)) for partial in known)} do not stretch to one another")
        result.append(fixed.pop() if fixed else -1 if sizes else 1)
    return tuple(result)


def merged(*partials: PartialShape) -> PartialShape:
    """The partial shape of tensors that must have the same shape. Raises ConvertError where they cannot."""
    known = [partial for partial in partials if partial is not None]
    if not known:
        return None
    if len(set(map(len, known))) > 1:
        raise ConvertError(f"shapes {' and '.join(str(list(partial)) for partial in known)} differ in their number of dimensions")
    result = []
    for sizes in zip(*known, strict=True):
        fixed = set(sizes) - {-1}
        if len(fixed) > 1:
            raise ConvertError(f"shapes {' and '.join(str(list(partial)) for partial in known)} differ")
        result.append(fixed.pop() if fixed else -1)
    return tuple(result)


def joined(first: PartialShape, second: PartialShape) -> PartialShape:
    """The partial shape that tensors of both have."""
    if first is None or second is None or len(first) != len(second):
        return None
    return tuple(a if a == b else -1 for a, b in zip(first, second, strict=True))


def infer(op: Op) -> list[PartialShape]:
    """The partial shapes of an op's outputs, by the rule of the operator that will run it.

    With unknown dimensions the rule is asked twice: a dimension that comes out differently is unknown. A shape that
    depends on a value that is not constant has unknown rank.
    """
    inputs = [tensor for tensor in op.inputs if tensor is not None]
    if any(partial_shape(tensor) is None for tensor in inputs):
        return [None] * len(op.outputs)
    dynamic = any(tensor.shape_signature is not None for tensor in inputs)
    try:
        operator = ops.find(op.code)
        trials = [_trial(operator, op, size) for size in (_TRIALS if dynamic else _TRIALS[:1])]
    except (ModelError, UnsupportedError) as error:
        raise ConvertError(error.problem, error.remedy) from None
    except NeedsValue:
        return [None] * len(op.outputs)
    return [tuple(a if a == b else -1 for a, b in zip(first, last, strict=True)) for first, last in zip(trials[0], trials[-1], strict=True)]


def _trial(operator: Operator, op: Op, size: int) -> Sequence[tuple[int, ...]]:
    return infer_sized(
        operator, op, lambda tensor: tuple(size if dimension < 0 else dimension for dimension in partial_shape(tensor) or ())
    )


def _value(tensor: Tensor) -> np.ndarray | None:
    return tensor.data if tensor.is_constant else None


def infer_sized(
    operator: Operator, op: Op, shape_of: Callable[[Tensor], tuple[int, ...]],
    value_of: Callable[[Tensor], np.ndarray | None] = _value,
) -> Sequence[tuple[int, ...]]:  # fmt: skip
    """The shapes of an op's outputs for inputs of these shapes and values. Raises NeedsValue, ModelError and UnsupportedError."""
    values: list[Value | None] = []
    for tensor in op.inputs:
        if tensor is None:
            values.append(None)
            continue
        shape = shape_of(tensor)
        values.append(Value(tensor.name or "", str(tensor.type), shape, tensor, value_of(tensor)))
    outputs = [Value(tensor.name or "", str(tensor.type), (), tensor) for tensor in op.outputs]
    node = Node(op, 0, values, outputs)
    folded = operator.fold(node)
    return operator.infer(node) if folded is None else [value.shape for value in folded]
