"""Which limit of the machine an op is near: what it would take if it did its work as fast as the machine can, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from .peaks import Peaks
from .work import Work

__all__ = ["NEAR", "Limits", "limits_of"]

# An op is near a limit that accounts for half of its time.
NEAR = 0.5


@dataclass(frozen=True)
class Limits:
    """Seconds that an op takes at least, by what it waits for.

    compute   the operations of each kind at its peak; those that have no peak, "integer", take none
    memory    the bytes read and written, at the rate of where they are: constants, which come back once a run, at that of all constants
              of the model together; other bytes at that of this op's
    dispatch  a step that does nothing, as often as the op has steps
    """

    compute: float
    memory: float
    dispatch: float

    def bound(self, seconds: float) -> str:
        """The limit that is nearest to what an op took, "compute", "memory" or "dispatch"; "none" if even that is less than half of it."""
        limits = {"compute": self.compute, "memory": self.memory, "dispatch": self.dispatch}
        nearest = max(limits, key=limits.__getitem__)
        return nearest if limits[nearest] >= NEAR * seconds else "none"


def limits_of(work: Work, steps: int, constants: int, peaks: Peaks) -> Limits:
    """The limits of an op of so many steps, in a model whose ops read so many bytes of `constants`."""
    compute = sum(count / peaks.operations[kind] for kind, count in work.operations.items() if kind in peaks.operations)
    memory = work.bytes_constant / peaks.rate(constants) + (work.bytes - work.bytes_constant) / peaks.rate(work.bytes)
    return Limits(compute, memory, steps * peaks.dispatch)
