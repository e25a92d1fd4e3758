"""What outlasts plans and runs: resource variables, and which graphs have run that run but once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from .kernels.executor import aligned
from .limits import Account
from .memory import SLACK, allocate

__all__ = ["Form", "State", "Variable"]

Shape = tuple[int, ...]


class Form(NamedTuple):
    """A type and shape that a variable may have, and its memory then: uint8 [bytes]."""

    type: str
    shape: Shape
    memory: np.ndarray


@dataclass(eq=False)
class Variable:
    """A value that one graph writes and another reads, by a handle.

    Its forms are counted from 1. `cell`, int64 [1], says to all kernels which one holds its value: 0 until it is assigned.
    """

    name: str
    account: Account
    forms: list[Form] = field(default_factory=list)
    cell: np.ndarray = field(default_factory=lambda: aligned(1, np.int64))

    def form(self, type: str, shape: Shape, size: int) -> int:
        """The number of the form of this type and shape, which takes `size` bytes."""
        for number, form in enumerate(self.forms, 1):
            if (form.type, form.shape) == (type, shape):
                return number
        self.forms.append(Form(type, shape, allocate(size + SLACK, f"the variable {self.name!r}", self.account)))
        return len(self.forms)

    @property
    def now(self) -> int:
        """The number of the form that it has, or 0."""
        return int(self.cell[0])


class State:
    """The variables of a model, by handle, and for each graph that CALL_ONCE has run a word that says so."""

    def __init__(self) -> None:
        self.variables: dict[int, Variable] = {}
        self.account = Account()  # of all their forms
        self._handles: dict[tuple[str, str], int] = {}
        self._done: dict[int, np.ndarray] = {}

    def handle(self, container: str, name: str) -> int:
        """The handle of a variable, by what models call it."""
        return self._handles.setdefault((container, name), len(self._handles))

    def variable(self, handle: int) -> Variable:
        """The variable of a handle."""
        if handle not in self.variables:
            name = next((name for (_, name), number in self._handles.items() if number == handle), str(handle))
            self.variables[handle] = Variable(name, self.account)
        return self.variables[handle]

    def done(self, graph: object) -> np.ndarray:
        """Whether CALL_ONCE has run a graph: int64 [1]. The graph must outlast this."""
        return self._done.setdefault(id(graph), aligned(1, np.int64))

    def forms(self) -> tuple[int, ...]:
        """The forms that all variables have now."""
        return tuple([variable.now for variable in self.variables.values()])
