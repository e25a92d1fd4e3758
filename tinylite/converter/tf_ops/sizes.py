"""Sizes that may be known only in a run, and shapes made of them: [batch, time, 64] to [batch * time, 8, 8]."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...model import Tensor
from ..call import Call

__all__ = ["Size", "full", "of", "product", "reshape", "shape_vector"]


@dataclass(frozen=True)
class Size:
    """A number, or the product of a number and of dimensions that only a run knows, each a (tensor, axis)."""

    factor: int
    unknown: tuple[tuple[Tensor, int], ...] = ()

    @property
    def known(self) -> int:
        """The number, or -1."""
        return -1 if self.unknown else self.factor


_ONE = Size(1)


def of(call: Call, tensor: Tensor) -> list[Size]:
    """The dimensions of a tensor of known rank."""
    shape = call.shape(tensor)
    return [Size(1, ((tensor, axis),)) if size < 0 else Size(size) for axis, size in enumerate(shape)]


def product(factors: Sequence[Size]) -> Size:
    """The number of elements that dimensions make together."""
    return Size(math.prod(size.factor for size in factors), tuple(part for size in factors for part in size.unknown))


def shape_vector(call: Call, shape: Sequence[Size]) -> Tensor:
    """A shape as an INT32 vector, computed where it must be."""
    if all(size.known >= 0 for size in shape):
        return call.shape_tensor(size.known for size in shape)
    (whole, _), *_ = next(size.unknown for size in shape if size.unknown)
    if of(call, whole) == list(shape):
        return _shape(call, whole)
    parts: list[Tensor] = []
    constants: list[int] = []
    for size in shape:
        if size.known >= 0:
            constants.append(size.known)
            continue
        parts += [call.shape_tensor(constants)] if constants else []
        constants = []
        parts.append(_computed(call, size))
    parts += [call.shape_tensor(constants)] if constants else []
    if len(parts) == 1:
        return parts[0]
    return call.emit("CONCATENATION", parts, "INT32", (len(shape),), axis=0, fused_activation_function="NONE")


def _shape(call: Call, tensor: Tensor) -> Tensor:
    return call.emit("SHAPE", [tensor], "INT32", (call.rank(tensor),), out_type="INT32")


def _computed(call: Call, size: Size) -> Tensor:
    """A size as a vector of one element."""
    made = None if size.factor == 1 else call.shape_tensor([size.factor])
    for tensor, axis in size.unknown:
        shape = _shape(call, tensor)
        bounds = [call.shape_tensor([number]) for number in (axis, axis + 1, 1)]
        part = call.emit("STRIDED_SLICE", [shape, *bounds], "INT32", (1,))
        made = part if made is None else call.elementwise("MUL", made, part)
    assert made is not None
    return made


def reshape(call: Call, tensor: Tensor, shape: Sequence[Size]) -> Tensor:
    """The same elements in another shape. With one unknown dimension that is a constant shape with -1 in it."""
    known = tuple(size.known for size in shape)
    if known.count(-1) <= 1 or call.known(tensor) is not None:
        return call.reshape(tensor, known)
    before = of(call, tensor)
    if before == list(shape):
        return tensor
    dropped = _ones_between(before, shape)
    if dropped is not None:
        return call.emit("SQUEEZE", [tensor], None, known, squeeze_dims=tuple(dropped))
    added = _ones_between(shape, before)
    if added is not None:
        for axis in added:
            after = call.shape(tensor)
            tensor = call.emit("EXPAND_DIMS", [tensor, call.shape_tensor([axis])], None, (*after[:axis], 1, *after[axis:]))
        return tensor
    return call.emit("RESHAPE", [tensor, shape_vector(call, shape)], None, known)


def _ones_between(longer: Sequence[Size], shorter: Sequence[Size]) -> list[int] | None:
    """Where a shape has dimensions of 1 that another lacks; None if that is not all that they differ in."""
    ones: list[int] = []
    for axis, size in enumerate(longer):
        place = axis - len(ones)
        if place < len(shorter) and size == shorter[place]:
            continue
        if size != _ONE:
            return None
        ones.append(axis)
    return ones if len(longer) - len(ones) == len(shorter) else None


def full(call: Call, shape: Sequence[Size], value: object, dtype: object) -> Tensor:
    """A tensor of one value: a constant if its shape is known."""
    scalar = np.asarray(value, dtype)  # type: ignore[call-overload]
    known = tuple(size.known for size in shape)
    if -1 not in known and math.prod(known) * scalar.nbytes <= 1 << 16:
        return call.make(np.full(known, scalar))
    filling = call.make(scalar)
    return call.emit("FILL", [shape_vector(call, shape), filling], filling.type, known)
