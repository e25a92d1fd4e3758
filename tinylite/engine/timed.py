"""A plan's run with the time of each op: a look at the clock between ops, within the native call that runs them all.

So each op finds in the caches what it finds there in any run, runs once, and no Python code is between ops. What a look takes is measured
in the same call and subtracted.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Protocol

import numpy as np

from ..kernels.executor import STEP_WORDS, aligned
from ..kernels.probes import clock_stamp
from ..kernels.store import Progress
from ..ops.common.operator import Node
from .segment import OpSteps, Segment, Step, addresses_of, steps_by_op, words_of

__all__ = ["Timed", "TimedCall", "TimedSegment"]

_LOOKS = 4  # before the first op, to see what one takes; the first of them may take longer


class Timed(Protocol):
    """Ops of a plan, and what runs them."""

    ops: list[OpSteps]

    def run(self) -> None:
        """Run them. Raises what a run raises."""
        ...

    def seconds(self) -> np.ndarray:
        """What each took in the last run, float64 [ops]."""
        ...


class TimedSegment:
    """The ops of a segment."""

    def __init__(self, segment: Segment, progress: Progress | None = None) -> None:
        self.ops = list(steps_by_op(segment.steps))
        if not self.ops:
            return
        stamps = _LOOKS + len(self.ops)
        self._times = aligned(2 * stamps, np.int64)
        first = self.ops[0].node
        nodes = [first] * _LOOKS + [op.node for op in self.ops]
        looks = [Step(clock_stamp, {"to": 16 * index}, work=1, cost=0, scratch=0, node=node) for index, node in enumerate(nodes)]
        start = self._times.ctypes.data
        stamp_words, records = words_of(looks, addresses_of([clock_stamp], progress), lambda offset: start + int(offset), segment.threads)
        steps, rows = looks[:_LOOKS], list(range(_LOOKS))  # rows: of the stamps' words, then of the segment's
        for look, op in enumerate(self.ops, _LOOKS):
            steps += [*op.steps, looks[look]]
            rows += [*range(stamps + op.first, stamps + op.first + len(op.steps)), look]
        words = aligned(len(rows) * STEP_WORDS, np.int64)
        given = np.concatenate([stamp_words, segment.words[: len(segment.steps) * STEP_WORDS]]).reshape(-1, STEP_WORDS)
        words.reshape(-1, STEP_WORDS)[...] = given[rows]
        self._segment = Segment(steps, words, segment.scratch, segment.threads, segment.memory)
        self._segment.held = records, segment.held

    def run(self) -> None:
        """See Timed."""
        if self.ops:
            self._segment.run()

    def seconds(self) -> np.ndarray:
        """See Timed."""
        if not self.ops:
            return np.zeros(0)
        seconds = _differences(self._times.reshape(-1, 2))
        look = np.median(seconds[1 : _LOOKS - 1])
        return np.maximum(seconds[_LOOKS - 1 :] - look, 0.0)


def _differences(times: np.ndarray) -> np.ndarray:
    """The seconds between one stamp and the next; stamps, int64 [n, 2], are as machine.clock writes them."""
    steps = np.diff(times, axis=0)
    if sys.platform == "win32":
        return steps[:, 0] * time.get_clock_info("perf_counter").resolution
    return steps[:, 0] + steps[:, 1] * 1e-9


class TimedCall:
    """An op that calls graphs of shapes that are not known before: Python runs it."""

    def __init__(self, node: Node, run: Callable[[], object]) -> None:
        self.ops = [OpSteps(node, 0, [])]
        self._run = run
        self._taken = 0.0

    def run(self) -> None:
        """See Timed."""
        start = time.perf_counter()
        self._run()
        self._taken = time.perf_counter() - start

    def seconds(self) -> np.ndarray:
        """See Timed."""
        return np.array([self._taken])
