"""Models as objects: copying one, and comparing two, with all that they hold, files or not."""

from __future__ import annotations

import copy
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

from ..schema.table import Table
from .objects import Contents, ExternalBuffer, Graph, Metadata, Op, Quantization, Signature, Tensor

__all__ = ["copied", "same"]

T = TypeVar("T", bound=Contents)
_PARTS = (Contents, ExternalBuffer, Graph, Metadata, Op, Quantization, Signature, Tensor)
# What is compared by what it says alone: whether two tensors share it, no file can say.
_VALUES = (ExternalBuffer, Metadata, Quantization)
# The arrays that may be large; nobody changes them in place, since those of a file cannot be.
_CONSTANTS = {(Tensor, "buffer"), (Metadata, "data"), (Contents, "metadata_buffer")}
_HISTORY = {(Contents, "source"), (Contents, "notes")}  # what was read and how, which makes it no other model


def _attributes(part: Any) -> tuple[str, ...]:
    return part.__slots__ if isinstance(part, Op) else tuple(field.name for field in fields(part))


def _kind(part: Any) -> type:
    return Contents if isinstance(part, Contents) else type(part)


def copied(model: T, *, constants: bool = False) -> T:
    """A Model that shares nothing with this one but its constants; with `constants`, not those either."""
    copier = _Copier(constants)
    made: T = copier.part(model)
    copier.fill()
    return made


class _Copier:
    def __init__(self, constants: bool) -> None:
        self.constants = constants
        self.made: dict[int, Any] = {}
        self.waiting: list[Any] = []

    def part(self, part: Any) -> Any:
        """The copy of an object, which is made when it is first met, and filled later: graphs may call graphs as deep as they like."""
        if id(part) not in self.made:
            self.made[id(part)] = type(part)() if isinstance(part, Contents) else copy.copy(part)
            self.waiting.append(part)
        return self.made[id(part)]

    def fill(self) -> None:
        while self.waiting:
            part = self.waiting.pop()
            for name in _attributes(part):
                value = getattr(part, name)
                if (_kind(part), name) not in _CONSTANTS or self.constants:
                    value = self.value(value)
                elif isinstance(value, list):
                    value = list(value)
                setattr(self.made[id(part)], name, value)

    def value(self, value: Any) -> Any:
        if isinstance(value, _PARTS):
            return self.part(value)
        if isinstance(value, Table):
            made = copy.copy(value)
            made.fields = {name: self.value(item) for name, item in value.fields.items()}
            return made
        if isinstance(value, np.ndarray):
            # An array that several tensors have in common stays one.
            return self.made.setdefault(id(value), value.copy())
        if isinstance(value, dict):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(map(self.value, value))
        return value


def same(a: Contents, b: Contents) -> bool:
    """Whether two models say the same in the same order, bit by bit."""
    pairs: dict[int, Any] = {id(a): b}
    back: dict[int, Any] = {id(b): a}
    waiting: list[tuple[Any, Any]] = [(a, b)]

    def equal(x: Any, y: Any) -> bool:
        if isinstance(x, _PARTS):
            if type(x) is not type(y):
                return False
            if isinstance(x, _VALUES):
                return all(equal(getattr(x, name), getattr(y, name)) for name in _attributes(x))
            if (id(x) in pairs) != (id(y) in back):
                return False
            if id(x) in pairs:
                return pairs[id(x)] is y
            pairs[id(x)], back[id(y)] = y, x
            waiting.append((x, y))
            return True
        if isinstance(x, Table):
            alike = isinstance(y, Table) and x.table == y.table and x.unknown == y.unknown
            return alike and all(equal(mine, theirs) for (_, mine), (_, theirs) in zip(x.items(), y.items(), strict=True))
        if isinstance(x, np.ndarray) and isinstance(y, np.ndarray):
            return x is y or (x.dtype == y.dtype and x.shape == y.shape and np.array_equal(_bits(x), _bits(y)))
        if isinstance(x, np.ndarray) or isinstance(y, np.ndarray):  # a vector that was given as a list
            return x is not None and y is not None and np.array_equal(x, y)
        if isinstance(x, dict):
            return isinstance(y, dict) and equal(list(x.items()), list(y.items()))
        if isinstance(x, (list, tuple)):
            return isinstance(y, (list, tuple)) and len(x) == len(y) and all(map(equal, x, y))
        return bool(x == y) or bool(x != x and y != y)  # NaN is itself

    while waiting:
        mine, theirs = waiting.pop()
        for name in _attributes(mine):
            if (_kind(mine), name) in _HISTORY:
                continue
            x, y = getattr(mine, name), getattr(theirs, name)
            if (_kind(mine), name) == (Graph, "tensors"):
                x, y = mine.all_tensors(), theirs.all_tensors()
            if not equal(x, y):
                return False
    return True


def _bits(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)
