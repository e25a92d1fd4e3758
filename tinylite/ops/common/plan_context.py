"""What operators may ask of the plan that they add their steps to. The engine's Planner is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ...arithmetic import Arithmetic
from ...memory.arena import Memory, Region, Storage
from ...memory.state import State, Variable
from ...model import Graph, Tensor
from .node import Shape, Value

if TYPE_CHECKING:
    from typing_extensions import Self  # Python 3.11 has it in typing

    from ...kernels.kernel import Kernel

__all__ = ["PlanContext", "PlanSettings", "Routine"]


class Routine(Protocol):
    """A graph that a kernel calls; the kernel leaves in `failed` which of its steps has failed."""

    failed: Region

    @property
    def steps(self) -> Sequence[Any]: ...
    @property
    def cost(self) -> int: ...
    @property
    def scratch(self) -> int: ...


class PlanSettings(Protocol):
    """What holds for a graph and for those that it calls."""

    @property
    def state(self) -> State: ...


class PlanContext(Protocol):
    """The plan of a graph while it is made."""

    @property
    def settings(self) -> PlanSettings: ...
    @property
    def memory(self) -> Memory: ...
    @property
    def threads(self) -> int: ...
    @property
    def arithmetic(self) -> Arithmetic: ...

    @property
    def keep_all(self) -> bool:
        """Whether every tensor keeps its value until the run ends."""
        ...

    @property
    def cost(self) -> int:
        """What a run of the steps takes, in elementary operations."""
        ...

    @property
    def uses(self) -> dict[int, int]:
        """The last op that reads a tensor, by id."""
        ...

    @property
    def forms(self) -> dict[Variable, int]:
        """The form that variables have by now, where what was planned decides it."""
        ...

    @property
    def expected(self) -> dict[Variable, int]:
        """The form that the plan reads variables in as they were before it."""
        ...

    def step(
        self, kernel: Kernel, *, work: int, cost: int = 1, scratch: int = 0, failures: dict[int, str] | None = None,
        routines: Sequence[Any] = (), **fields: Any,
    ) -> None:  # fmt: skip
        """Add a call of `kernel` for `work` units of about `cost` elementary operations each; keywords fill its record.

        `routines` are what the kernel calls: status 1 says that the first of them failed, and so on.
        """
        ...

    # ---- memory

    def array(self, shape: int | Shape, dtype: Any) -> np.ndarray:
        """Zeros that start on a cache line, for packed weights and tables; kept as long as the plan."""
        ...

    def constant(self, values: Any, dtype: Any) -> np.ndarray:
        """A copy of `values` that kernels may read. Raises ModelError for whole numbers that the type does not hold."""
        ...

    def check_table(self, count: int) -> None:
        """Raise OutOfMemoryError unless there is room to compute a table of `count` entries with numpy."""
        ...

    def store(self, value: Value, last: int | None = None) -> Storage:
        """New memory for a value, from now until its last use."""
        ...

    def workspace(self, shape: Shape, type: str) -> Value:
        """Memory for what passes between two steps of an op."""
        ...

    def lasting(self, size: int, start: Callable[[np.ndarray], None], apart: bool = False) -> Region:
        """The op's own memory, of `size` bytes, which lasts from one run to the next. `start` writes what is in it at first; with
        `apart`, in each clone too.
        """
        ...

    def alias(self, output: Value, input: Value) -> bool:
        """Make an output share its input's bytes, if that cannot be observed; otherwise the operator must copy."""
        ...

    def reuse(self, output: Value, input: Value) -> bool:
        """Reuse the input's memory for an output that is computed in place, if the input has no later consumers."""
        ...

    # ---- graphs that an op calls

    def value(self, tensor: Tensor) -> Value:
        """The value of a tensor."""
        ...

    def called(self, graph: Graph, inputs: Iterable[Value], expendable: Iterable[Tensor] = ()) -> Self:
        """Plan a graph that the op at hand calls, on values of this one. Raises NeedsCall unless all of it can run natively.

        `expendable` are those of its inputs whose memory it may change once it has read them.
        """
        ...

    def agree(self, *called: Self) -> None:
        """Take over the forms of variables that called graphs leave. Raises NeedsCall where those depend on which have run, how often."""
        ...

    def routine(self, inner: Self, *touched: Value) -> Routine:
        """What `called` has planned, as something that a kernel can call. `touched` are values that its steps read or write, beside
        its inputs.
        """
        ...
