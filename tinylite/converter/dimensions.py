"""Where unknown dimensions come from: which dimension of a graph's inputs a dimension of a tensor inside is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, combinations
from typing import Any

import numpy as np

from .. import ops
from ..errors import ModelError, UnsupportedError
from ..model import Graph, Op, Tensor
from ..ops.common.operator import NeedsValue
from .shapes import infer_sized, partial_shape

__all__ = ["origins"]

# Sizes that strides, blocks and reshapes can usually divide, and no two of which are multiples of each other.
_UNIT = 5040
_PRIMES = (11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139)

Shape = tuple[int, ...]

# More numbers are not a shape.
_MOST_SIZES = 32


def _sliced(options: Any, shape: Shape, count: int, strides: np.ndarray | None) -> Shape | None:
    """What a STRIDED_SLICE leaves whose `count` bounds are computed: axes of which it only picks one go, others may stay whole."""
    if options.ellipsis_mask or options.new_axis_mask:
        return None
    free = options.begin_mask & options.end_mask
    left = [axis for axis in range(len(shape)) if axis >= count or not options.shrink_axis_mask >> axis & 1]
    whole = [axis >= count or (free >> axis & 1 and strides is not None and strides[axis] == 1) for axis in left]
    return tuple(shape[axis] if kept else -1 for axis, kept in zip(left, whole, strict=True))


def origins(graph: Graph, target: Tensor) -> list[tuple[int, int] | None]:
    """For each dimension of `target`, a number of an input and the dimension of it that is as large; None where it is not known.

    Every unknown dimension of the inputs is given its own size, and the sizes of `target` say which they are. Where an
    op wants two of them to be the same, they are.
    """
    sizes = _Sizes()
    for number, tensor in enumerate(graph.inputs):
        sizes.give(tensor, number)
    sizes.follow(graph)
    if id(target) not in sizes.shapes:
        return [None] * len(partial_shape(target) or ())
    return [sizes.origins.get(size) for size in sizes.shapes[id(target)]]


class _Sizes:
    """The shapes of a graph's tensors by id, as far as they follow from the sizes given to what is unknown of the inputs."""

    def __init__(self) -> None:
        self.shapes: dict[int, Shape] = {}
        self.values: dict[int, np.ndarray] = {}  # of tensors that hold sizes
        self.origins: dict[int, tuple[int, int]] = {}  # by size: number of the input, and dimension
        self.free = iter(_UNIT * prime for prime in _PRIMES)

    def give(self, tensor: Tensor, number: int) -> None:
        """Choose sizes for what is unknown of input `number`."""
        signature = partial_shape(tensor)
        if signature is None:
            return
        shape = tuple(next(self.free, -1) if size < 0 else size for size in signature)
        if -1 not in shape:
            self.shapes[id(tensor)] = shape
            self.origins |= {size: (number, axis) for axis, size in enumerate(shape) if signature[axis] < 0}

    def of(self, tensor: Tensor) -> Shape | None:
        shape = self.shapes.get(id(tensor), partial_shape(tensor))
        return None if shape is None or -1 in shape else shape

    def value(self, tensor: Tensor) -> np.ndarray | None:
        return tensor.data if tensor.is_constant and tensor.is_numeric else self.values.get(id(tensor))

    def follow(self, graph: Graph) -> None:
        for op in graph.ops:
            for tensor, shape in zip(op.outputs, self.made(op), strict=True):
                if shape is not None:
                    self.shapes[id(tensor)] = tuple(shape)
            value = self.computed(op)
            if value is not None:
                self.values[id(op.outputs[0])] = value

    def computed(self, op: Op) -> np.ndarray | None:
        """The output of an op that reads sizes or puts them together, as shapes are made of other shapes."""
        if op.code == "SHAPE":
            shape = self.of(op.inputs[0]) if op.inputs[0] is not None else None
            return None if shape is None else np.array(shape, np.int64)
        given = [self.value(tensor) for tensor in op.inputs if tensor is not None]
        known = [value for value in given if value is not None and value.size <= _MOST_SIZES]
        return ops.facts_of(op).of_sizes(op.options, *known) if len(known) == len(given) else None

    def made(self, op: Op) -> Sequence[Shape | None]:
        """The shapes of an op's outputs, None where they are not known."""
        options, given = op.options, [self.of(tensor) for tensor in op.inputs if tensor is not None]
        nothing = [self.of(tensor) for tensor in op.outputs]
        if op.code == "IF" and options is not None:
            branches = [self.through(graph, given[1:]) for graph in (options.then_subgraph_index, options.else_subgraph_index)]
            return [first if first == second else None for first, second in zip(*branches, strict=True)]
        if op.code == "WHILE" and options is not None:
            return [
                end if end == start else None for start, end in zip(given, self.through(options.body_subgraph_index, given), strict=True)
            ]
        if op.code == "DYNAMIC_UPDATE_SLICE" and given[1] is not None:
            # A list is as long as before, and its elements are as large as what is written to it.
            return [((-1,) if given[0] is None else given[0][:1]) + given[1][1:]]
        if None in given:
            return nothing
        for _ in range(1 + len(self.origins)):
            try:
                return infer_sized(ops.find(op.code), op, lambda tensor: self.of(tensor) or (), self.value)
            except (NeedsValue, UnsupportedError):
                return [self.sliced(op)] if op.code == "STRIDED_SLICE" else nothing
            except ModelError:
                if not self.unify(op):
                    break
        return nothing

    def sliced(self, op: Op) -> Shape | None:
        x, bounds, _, strides = op.inputs
        assert x is not None and bounds is not None and strides is not None
        shape, count = self.of(x), self.of(bounds)
        return None if shape is None or count is None else _sliced(op.options, shape, count[0], self.value(strides))

    def through(self, graph: Graph, given: Sequence[Shape | None]) -> list[Shape | None]:
        """The shapes that a graph returns for inputs of these shapes."""
        self.shapes |= {id(tensor): shape for tensor, shape in zip(graph.inputs, given, strict=True) if shape is not None}
        self.follow(graph)
        return [self.of(tensor) for tensor in graph.outputs]

    def unify(self, op: Op) -> bool:
        """Unify two sizes that must be equal in an op's inputs; False if there are none."""
        given = [shape for tensor in op.inputs if tensor is not None and (shape := self.of(tensor)) is not None]
        pairs = list(combinations(given, 2))
        # Shapes stretch to one another from their ends; a SELECT's condition may be one number for each row.
        across = [zip(a[::-1], b[::-1], strict=False) for a, b in pairs] + [zip(a, b, strict=False) for a, b in pairs]
        for a, b in chain(*across):
            if a != b and a in self.origins and b in self.origins:
                self.shapes = {key: tuple(a if size == b else size for size in shape) for key, shape in self.shapes.items()}
                self.values = {key: np.where(value == b, a, value) for key, value in self.values.items()}
                return True
        return False
