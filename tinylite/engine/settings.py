"""What a plan is made for, beside its graph and shapes, and what making it may take."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..arithmetic import FAST, Arithmetic
from ..memory.state import State
from ..model import Graph

__all__ = ["Budget", "Settings"]

# What is computed of constants while a plan is made: so many bytes, and so much work in elementary operations (some seconds), each
# and _GROWTH times the bytes of the graph's constants. A few bytes may ask for any amount; what is more is left to the run, whose
# memory is shared by what is not needed at the same time, and which can be stopped.
_MOST_COMPUTED, _GROWTH, _MOST_WORK = 64 << 20, 16, 1 << 33


@dataclass(frozen=True)
class Settings:
    """What holds for a graph and for those that it calls; `callers` are the graphs that call this one, the outermost first."""

    keep_all: bool = False
    threads: int = 1
    arithmetic: Arithmetic = FAST
    state: State = field(default_factory=State)
    callers: tuple[Graph, ...] = ()
    spent: int = 0  # bytes that the callers have taken

    @property
    def keeps_ops(self) -> bool:
        """Whether no pass may run: passes keep the bits of the reference kernels, and would hide from another arithmetic what an op was."""
        return self.keep_all or not self.arithmetic.is_reference


@dataclass(eq=False)
class Budget:
    """What computing constants may still take while a plan is made."""

    bytes: int
    work: int

    @staticmethod
    def of(graph: Graph) -> Budget:
        """The budget at first, which grows with the bytes of a graph's constants; those that several tensors share count once."""
        constants = {id(tensor.buffer): tensor.buffer.size for tensor in graph.all_tensors() if tensor.buffer is not None}
        paid = _GROWTH * sum(constants.values())
        return Budget(_MOST_COMPUTED + paid, _MOST_WORK + paid)
