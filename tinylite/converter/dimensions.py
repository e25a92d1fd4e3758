"""Where unknown dimensions come from: which dimension of a graph's inputs a dimension of a tensor inside is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import ops
from ..errors import ModelError, UnsupportedError
from ..model import Graph, Op, Tensor
from ..ops.common.operator import NeedsValue
from .shapes import infer_sized, signature_of

__all__ = ["origins"]

# Sizes that strides, blocks and reshapes can usually divide, and no two of which are multiples of each other.
_UNIT = 5040
_PRIMES = (11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139)

Shape = tuple[int, ...]


def origins(graph: Graph, target: Tensor) -> list[tuple[int, int] | None]:
    """For each dimension of `target`, a number of an input and the dimension of it that is as large; None where it is not known.

    Every unknown dimension of the inputs is given a size of its own, and the sizes of `target` tell which they are. Where an
    op wants two of them to be the same, they are.
    """
    sizes = iter(_UNIT * prime for prime in _PRIMES)
    shapes: dict[int, Shape] = {}
    known: dict[int, tuple[int, int]] = {}
    for number, tensor in enumerate(graph.inputs):
        signature = signature_of(tensor)
        if signature is None:
            continue
        shape = tuple(next(sizes, -1) if size < 0 else size for size in signature)
        known |= {size: (number, axis) for axis, (size, told) in enumerate(zip(shape, signature, strict=True)) if told < 0}
        if -1 not in shape:
            shapes[id(tensor)] = shape
    for op in graph.ops:
        _follow(op, shapes, known)
    if id(target) not in shapes:
        return [None] * len(signature_of(target) or ())
    return [known.get(size) for size in shapes[id(target)]]


def _follow(op: Op, shapes: dict[int, Shape], known: Mapping[int, tuple[int, int]]) -> None:
    """Note the shapes of an op's outputs, as far as they are known."""

    def shape_of(tensor: Tensor) -> Shape:
        signature = signature_of(tensor)
        if id(tensor) in shapes:
            return shapes[id(tensor)]
        if signature is None or -1 in signature:
            raise KeyError(tensor.name)
        return signature

    made: Sequence[Shape] | None = None
    if op.code == "DYNAMIC_UPDATE_SLICE" and all(id(tensor) in shapes for tensor in op.inputs[:2]):
        # A list is as long as before, and its elements are as large as what is written to it.
        (length, *_), (_, *element) = (shapes[id(tensor)] for tensor in op.inputs[:2])
        made = [(length, *element)]
    for _ in [] if made else range(1 + len(known)):
        try:
            made = infer_sized(ops.find(op.code), op, shape_of)
            break
        except (KeyError, NeedsValue, UnsupportedError):
            break
        except ModelError:
            if not _unified(op, shapes, known):
                break
    for tensor, shape in zip(op.outputs, made or (signature_of(tensor) for tensor in op.outputs), strict=True):
        if shape is not None and -1 not in shape:
            shapes[id(tensor)] = tuple(shape)


def _unified(op: Op, shapes: dict[int, Shape], known: Mapping[int, tuple[int, int]]) -> bool:
    """Let two sizes be one that stand across from each other in an op's inputs; False if there are none."""
    given = [shapes[id(tensor)] for tensor in op.inputs if tensor is not None and id(tensor) in shapes]
    for place, first in enumerate(given):
        for second in given[place + 1 :]:
            for a, b in zip(first[::-1], second[::-1], strict=False):
                if a != b and a in known and b in known:
                    shapes.update({key: tuple(a if size == b else size for size in shape) for key, shape in shapes.items()})
                    return True
    return False
