"""What outlasts plans and runs: resource variables, and which graphs have run that run but once."""

from __future__ import annotations

import itertools
from typing import NamedTuple

from ..limits import Account
from .arena import SLACK, Memory, Region

__all__ = ["Form", "State", "Variable"]

Shape = tuple[int, ...]


class Form(NamedTuple):
    """A type and shape that a variable may have, and its memory then. The forms of a variable are numbered from 1."""

    number: int
    type: str
    shape: Shape
    memory: Region


class Variable:
    """A value that one graph writes and another reads, by a handle.

    `cell`, int64 [1], says to all kernels which form holds its value: 0 until it is assigned.
    """

    def __init__(self, name: str, account: Account) -> None:
        self.name = name
        self._account = account
        self.forms: dict[int, Form] = {}
        self.cell = Region(8, name)
        self._numbers: dict[tuple[str, Shape], int] = {}
        self._next = itertools.count(1)

    def form(self, type: str, shape: Shape, size: int) -> int:
        """The number of the form of this type and shape, which takes `size` bytes."""
        if (type, shape) not in self._numbers:
            self._account.take(size + SLACK, f"the variable {self.name!r}")
            number = next(self._next)
            self.forms[number] = Form(number, type, shape, Region(size + SLACK, f"the variable {self.name!r}"))
            self._numbers.setdefault((type, shape), number)  # by one step, since clones may plan in several threads
        return self._numbers[type, shape]


class State:
    """The variables of a model, by handle, and for each graph that CALL_ONCE has run a word that says so.

    Clones have these in common, and each the values in its own `memory`.
    """

    def __init__(self) -> None:
        self.memory = Memory()
        self.variables: dict[int, Variable] = {}
        self.account = Account()  # of all their forms
        self._handles: dict[tuple[str, str], int] = {}
        self._done: dict[int, Region] = {}
        self._next = itertools.count()

    def copy(self) -> State:
        """The same variables, with the same values in other memory."""
        copied = State.__new__(State)
        copied.__dict__.update(self.__dict__)
        copied.memory = self.memory.copy()
        return copied

    def handle(self, container: str, name: str) -> int:
        """The handle of a variable, by what models call it."""
        if (container, name) not in self._handles:
            self._handles.setdefault((container, name), next(self._next))
        return self._handles[container, name]

    def variable(self, handle: int) -> Variable:
        """The variable of a handle."""
        if handle not in self.variables:
            name = next((name for (_, name), number in list(self._handles.items()) if number == handle), str(handle))
            self.variables.setdefault(handle, Variable(name, self.account))
        return self.variables[handle]

    def now(self, variable: Variable) -> int:
        """The number of the form that a variable has, or 0."""
        return int(self.memory.word(variable.cell)[0])

    def done(self, graph: object) -> Region:
        """Whether CALL_ONCE has run a graph: int64 [1]. The graph must outlast this."""
        return self._done.setdefault(id(graph), Region(8, "CALL_ONCE"))

    def forms(self) -> tuple[int, ...]:
        """The forms that all variables have now."""
        return tuple([self.now(variable) for variable in list(self.variables.values())])
