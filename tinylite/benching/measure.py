"""Timing in turn: launches of processes, and in each rounds in which one after the other runs, in alternating order."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import FileError
from .agreement import agreement
from .baselines import Timed
from .estimates import Estimate, enough, launches_estimate, ratio_estimate
from .hosts import EndedError, Hosts, RefusedError
from .noise import NoiseWatch
from .records import Measurement

__all__ = ["LAUNCHES", "FirstRun", "Measuring", "Starting", "measure_all", "temporary_folder"]

# Seconds that a round of one of them should take: longer than the clock's noise, and shorter than what the system lets another process
# run for. On a busy machine most rounds of 10 ms are interrupted, and few of 2 ms.
ROUND = 0.002
_WARM = 0.2  # of a round's runs, before it: the others have had the caches
LAUNCHES = 9  # at least: the interval of nine leaves out one at either end, which may have been disturbed
_LAUNCH = 0.3  # seconds of rounds in a launch: what differs from launch to launch is seen by many short ones
_LEAST_ROUNDS = 3  # of a launch
_PATIENCE = 8, 20.0  # times the seconds that were asked for, and seconds at least: then even launches that are missing are left out


@dataclass
class _State:
    """What is known of one that is timed."""

    timed: Timed
    request: dict[str, Any]
    launches: list[list[float]] = field(default_factory=list)
    version: str = ""
    refused: str = ""
    outputs: list[np.ndarray] | None = None
    steady: bool = True
    run: float = 0.0  # seconds of a run, roughly


class Measuring:
    """A row in the making: what is timed, each on its request (see host.py), the first beside all others."""

    def __init__(self, name: str, requests: Mapping[Timed, dict[str, Any]]) -> None:
        self.name = name
        self._states = [_State(timed, request) for timed, request in requests.items()]
        self._taken = 0.0  # seconds
        self._opened = 0  # how often
        self.watch = NoiseWatch()

    @property
    def begun(self) -> bool:
        """Whether it has been launched, even if that was interrupted."""
        return self._taken > 0

    @property
    def found_something(self) -> bool:
        """Whether there are times, or a reason why there are none: not if its first launch was interrupted."""
        return any(state.launches or state.refused for state in self._states)

    def launch(self, hosts: Hosts, seconds: float) -> None:
        """Open everything anew, and time it in rounds for about so many seconds.

        What refuses its model, or ends its process, is left out of what follows.
        """
        began, first = time.perf_counter(), not self.begun
        try:
            while any(not state.refused for state in self._states) and not self._rounds(hosts, seconds):
                continue  # without what has ended its process, and so the launch of others
        finally:
            taken = time.perf_counter() - began
            self._taken += min(taken, seconds) if first else taken  # in the first, kernels may be compiled, which may take a minute

    def is_done(self, seconds: float, precision: float) -> bool:
        """Whether there is nothing to time, the intervals are narrower than `precision`, or it has taken so many seconds.

        The intervals are those of the ratios, or without a baseline that of the time. Whatever the seconds, there are nine launches,
        unless they are very slow.
        """
        if not self.begun:
            return False
        running = [state for state in self._states if not state.refused]
        if not running or all(enough(*decisive) for decisive in _decisive(self._states, precision)):
            return True
        late = self._taken >= max(_PATIENCE[0] * seconds, _PATIENCE[1])
        return late or (self._taken >= seconds and len(running[0].launches) >= LAUNCHES)

    def measurements(self) -> list[Measurement]:
        """What is known by now."""
        first = self._states[0]
        # What every runtime does differently in later runs is the model's doing: it has variables, or draws random numbers.
        steady = [state.steady for state in self._states if state.launches]
        return [_measurement(state, first, any(steady) and not state.steady) for state in self._states]

    def _rounds(self, hosts: Hosts, seconds: float) -> bool:
        """A launch of those that are left; False where one of them ended it."""
        rounds: dict[str, list[float]] = {}
        current = self._states[0]
        try:
            # Whoever is opened first has other places in memory, and in the system's queues.
            self._opened += 1
            for state in self._states if self._opened % 2 else reversed(self._states):
                if not state.refused:
                    current = state
                    try:
                        answer = hosts.open(state.timed, state.request)
                    except RefusedError as error:
                        state.refused = str(error)
                        continue
                    state.version, rounds[state.timed.name] = answer["version"], []
                    state.run = max(float(answer["seconds"]), 1e-8)
            running = [state for state in self._states if not state.refused]
            for state in running:  # a first run, and the first round, tell little of how long a run takes
                current = state
                state.run = max(hosts.round(state.timed, 0, max(int(ROUND / state.run / 4), 1)), 1e-8)
            end = time.perf_counter() + seconds
            for number in itertools.count():
                if not running or (time.perf_counter() >= end and number >= _LEAST_ROUNDS):
                    break
                self.watch.tick()
                for state in running if number % 2 else reversed(running):
                    current = state
                    repeats = max(round(ROUND / state.run), 1)
                    rounds[state.timed.name].append(hosts.round(state.timed, max(int(_WARM * repeats), 1), repeats))
            for state in running:
                current = state
                outputs, steady = hosts.outputs(state.timed)
                state.outputs = state.outputs or outputs
                state.steady = state.steady and steady
                hosts.close(state.timed)
        except (RefusedError, EndedError) as error:
            current.refused = str(error)
            return False
        for state in running:
            state.launches.append(rounds[state.timed.name])
        return True


class Starting(Measuring):
    """Whole processes: from the start of Python, with numpy, to the first output. tinylite finds its kernels where it keeps them."""

    def __init__(self, name: str, requests: Mapping[Timed, dict[str, Any]]) -> None:
        super().__init__(name, {timed: {**request, "start": True} for timed, request in requests.items()})
        self._warm = False

    def _rounds(self, hosts: Hosts, seconds: float) -> bool:
        if not self._warm:  # kernels are compiled, and files read, before anything counts
            self._warm = True
            try:
                self._rounds(hosts, seconds)
            finally:
                for state in self._states:
                    state.launches.clear()
        running = [state for state in self._states if not state.refused]
        self.watch.tick()
        for state in running if running and len(running[0].launches) % 2 else reversed(running):
            start = time.perf_counter()
            try:
                with hosts.fresh() as alone:
                    state.version = alone.open(state.timed, state.request)["version"]
                    state.launches.append([time.perf_counter() - start])
            except (RefusedError, EndedError) as error:
                state.refused = str(error)
                state.launches.clear()
        return True


class FirstRun(Starting):
    """A whole process with no kernels stored, once: what the first run on a machine takes."""

    def _rounds(self, hosts: Hosts, seconds: float) -> bool:
        self._warm = True
        with temporary_folder("tinylite-cache-") as cache:
            return super()._rounds(hosts.fresh({"TINYLITE_CACHE": cache}), seconds)

    def is_done(self, seconds: float, precision: float) -> bool:
        return self.begun


def measure_all(
    rows: Sequence[Measuring], folder: str, seconds: float, precision: float, cores: Sequence[int] | None, say: Callable[[str], None]
) -> None:
    """Launch the rows again and again until each is done. Rows of small models share processes, which take longer to start.

    KeyboardInterrupt stops it, and what was finished counts.
    """
    for row in rows:
        row.watch.start()
    for count in itertools.count(1):
        left = [row for row in rows if not row.is_done(seconds, precision)]
        if not left:
            return
        with Hosts(folder, cores) as hosts:
            for row in left:
                say(f"{row.name}: launch {count}")
                row.launch(hosts, min(seconds / LAUNCHES, _LAUNCH))


def temporary_folder(prefix: str) -> tempfile.TemporaryDirectory[str]:
    """A folder that is removed at the end. Raises FileError."""
    try:
        return tempfile.TemporaryDirectory(prefix=prefix)
    except OSError as error:
        raise FileError(f"no temporary folder can be made: {error}", "Set TMPDIR to a folder that can be written to") from None


def _decisive(states: list[_State], precision: float) -> list[tuple[Estimate, float, list[list[float]]]]:
    """What `enough` takes for each estimate that has to be precise."""
    first, *others = states
    running = [state for state in others if not state.refused]
    if first.refused:
        return [(launches_estimate(state.launches), precision, state.launches) for state in running]
    found = [(_ratio(first, state), precision, state.launches) for state in running]
    return found or [(launches_estimate(first.launches), precision, first.launches)]


def _ratio(first: _State, other: _State) -> Estimate:
    return ratio_estimate(first.launches, other.launches)  # of those that both have finished: the last one may have been interrupted


def _measurement(state: _State, first: _State, unsteady: bool) -> Measurement:
    if state.refused or not state.launches:
        return Measurement(state.timed.name, state.version, refused=state.refused or "it was not run")
    found = Measurement(state.timed.name, state.version, launches_estimate(state.launches), launches=state.launches)
    if state is not first and first.launches and not first.refused:
        found.ratio = _ratio(first, state)
        if first.outputs is not None and state.outputs is not None:
            found.agreement = agreement(first.outputs, state.outputs)
    if unsteady:
        found.agreement = f"{found.agreement}; other outputs in later runs".removeprefix("; ")
    return found
