"""Fair timing on a noisy machine: baselines run in turn, in short rounds, and what counts are medians of ratios."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tinylite import __version__
from tinylite.kernels.cpu import cores, target

__all__ = ["Times", "in_turn", "machine", "once"]

ROUND = 0.01  # seconds that a round of one rival should take: longer than the clock's noise, shorter than the machine's moods


@dataclass
class Times:
    """Seconds of one run in each round, by rival."""

    rounds: dict[str, list[float]]

    def median(self, name: str) -> float:
        return statistics.median(self.rounds[name])

    def ratio(self, name: str, to: str) -> float:
        """The median over rounds of one rival's time to another's in the same round."""
        return statistics.median(a / b for a, b in zip(self.rounds[name], self.rounds[to], strict=True))


def in_turn(baselines: Mapping[str, Callable[[], object]], seconds: float, round_seconds: float = ROUND) -> Times:
    """Run the baselines in turn for about `seconds` in all, three rounds at least; what warms them up is not counted."""
    repeats = {}
    for name, run in baselines.items():
        run()
        repeats[name] = max(int(round_seconds / max(once(run), 1e-7)), 1)
    rounds: dict[str, list[float]] = {name: [] for name in baselines}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(next(iter(rounds.values()))) < 3:
        for name, run in baselines.items():
            rounds[name].append(once(run, repeats[name]))
    return Times(rounds)


def once(run: Callable[[], object], repeats: int = 1) -> float:
    """Seconds of a run, the mean of `repeats` without a pause."""
    start = time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.perf_counter() - start) / repeats


def machine() -> str:
    """What the figures were measured on: they say little without it."""
    try:
        with open("/proc/cpuinfo") as file:
            name = next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    litert, python = importlib.metadata.version("ai-edge-litert"), platform.python_version()
    return f"{name}, {cores()} of {os.cpu_count()} cores, {target().name}; tinylite {__version__}, LiteRT {litert}, Python {python}"
