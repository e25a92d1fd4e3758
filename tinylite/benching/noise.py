"""Whether the machine was quiet while a row was measured.

Three things say that it was not: figures whose interval is wide; a loop that does the same work each time and does not take the same
time, because the clock has changed; and time that the host of a virtual machine has given to others.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .estimates import Estimate

__all__ = ["CpuTimes", "NoiseWatch", "cpu_times", "spin"]

WIDEST = 0.05  # an interval, as a share of the value
_SAYS_NOTHING = 10.0  # times the value
MOVED = 0.03  # the spin loop, from one quarter of a row's time to another
STOLEN = 0.01  # of the time that cores were wanted
_PAUSE = 0.02  # seconds between two spins: so that a spin of a millisecond takes no more than a twentieth of the time
_FEWEST_SPINS = 8  # two for each quarter
_FEWEST_TICKS = 3  # of stolen time: the system counts in hundredths of a second, and one may be chance
_ITERATIONS = 40_000


def spin() -> int:
    """A loop that takes about a millisecond, touches no memory to speak of, and always does the same."""
    number = 0
    for _ in range(_ITERATIONS):
        number ^= 1
    return number


class CpuTimes(NamedTuple):
    """Ticks since the machine was started, of all cores: those that they worked, and those that they wanted to and another had."""

    busy: int
    stolen: int


def cpu_times(path: str = "/proc/stat") -> CpuTimes | None:
    """What the system counts now; None where it counts nothing of the kind, as outside of Linux."""
    try:
        with open(path) as file:
            name, *ticks = file.readline().split()
        user, nice, system, _idle, _waiting, hardware, software, stolen = map(int, ticks[:8])
    except (OSError, ValueError):
        return None
    return CpuTimes(user + nice + system + hardware + software, stolen) if name == "cpu" else None


class NoiseWatch:
    """Watches the machine while a row is measured: `start()` before it, `tick()` between rounds, then `reasons()`.

    A tick takes about a millisecond, and nothing where the last one was less than 20 ms ago. `clock`, `loop` and `times` are what
    tests replace.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.perf_counter,
        loop: Callable[[], object] = spin,
        times: Callable[[], CpuTimes | None] = cpu_times,
    ) -> None:
        self._clock, self._loop, self._times = clock, loop, times
        self.start()

    def start(self) -> None:
        """Forget what was seen, for another row."""
        self._spins: list[float] = []
        self._before = self._times()
        self._last = -1.0
        self._loop()  # the first one is slower: it brings the loop into the caches

    def tick(self) -> None:
        """Time the spin loop, unless it was timed just now."""
        start = self._clock()
        if self._last < 0 or start - self._last >= _PAUSE:
            self._loop()
            self._last = self._clock()
            self._spins.append(self._last - start)

    def reasons(self, estimates: Mapping[str, Estimate]) -> list[str]:
        """Why the row should be doubted, a sentence for each reason: for its estimates by their names, and for what was watched."""
        found = [f"the 95 % interval of {name} is {_width_text(each.width)}" for name, each in estimates.items() if each.width > WIDEST]
        moved, stolen = self.moved(), self.stolen()
        if moved > MOVED:
            found.append(f"a loop of fixed work took up to {_percent(moved)} longer at some times than at others: the clock has changed")
        if stolen > STOLEN:
            found.append(f"the host gave {_percent(stolen)} of the processor's time to others")
        return found

    def moved(self) -> float:
        """By what share the spin loop took longer in the slowest quarter of the time than in the fastest; 0 if too few were timed."""
        count = len(self._spins)
        if count < _FEWEST_SPINS:
            return 0.0
        quarters = [statistics.median(self._spins[count * each // 4 : count * (each + 1) // 4]) for each in range(4)]
        return max(quarters) / min(quarters) - 1 if min(quarters) > 0 else 0.0

    def stolen(self) -> float:
        """The share of stolen time in the time that cores were wanted, since the start; 0 where the system does not say."""
        now = self._times()
        if now is None or self._before is None:
            return 0.0
        busy, stolen = now.busy - self._before.busy, now.stolen - self._before.stolen
        return stolen / (busy + stolen) if stolen >= _FEWEST_TICKS else 0.0


def _width_text(width: float) -> str:
    """How wide an interval is, as a share of the value."""
    return f"{_percent(width)} of it wide" if width < _SAYS_NOTHING else "so wide that it says nothing"


def _percent(share: float) -> str:
    """A share in the digits that matter."""
    return f"{share * 100:.0f} %" if share >= 0.095 else f"{share * 100:.1f} %"
