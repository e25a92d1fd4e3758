"""Where a run spends its time, op by op, and what each op's time is near: see docs/profiling.md."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arithmetic import Arithmetic
from ..engine.segment import OpSteps, name_in_file
from ..engine.timed import Timed
from ..errors import SettingError, quoted
from ..html_tables import ShownAsTable, ShownTable
from ..inputs.random_values import random_inputs
from ..interpreter import GraphRunner, Interpreter
from ..model import Model
from .describe import time_text
from .peaks import Peaks, peaks as measured_peaks
from .roofline import limits_of
from .work import Work, work_of

__all__ = ["OpTime", "Profile", "profile"]

_ROUND = 0.001  # seconds of a round of whole runs, and as many runs op by op
_MOST = 200  # runs in a round
_GROUP = 0.00002  # seconds of runs that are timed together, so that asking for the time is little of it
_WARM = 3  # runs, of which the last is timed op by op
_NUMBERS = ("µs", "%", "GOP/s", "GB/s", "of peak")  # columns


@dataclass(frozen=True)
class OpTime:
    """One op, and what a run of it takes.

    index    its place in the graph, as the file counts
    name     the operator; of one that was made of several, all of them
    output   the name of its first output, and `shape` what shape that has
    kernels  the kernels that it runs, each once: of a matrix product, with its variant; none where Python runs it
    seconds  the median of its times
    share    of the time of all ops, 0 to 1
    steps    how many kernel calls it takes
    work     operations and bytes, as its definition asks for

    With peaks only (None without): `peak`, the share of its time that its operations take at the peak of their kind (None if it has no
    operations that have one), and `bound`, which limit it is near: "compute", "memory", "dispatch" or "none".
    """

    index: int
    name: str
    output: str
    shape: tuple[int, ...]
    kernels: tuple[str, ...]
    seconds: float
    share: float
    steps: int
    work: Work
    peak: float | None = None
    bound: str | None = None

    @property
    def operations_per_second(self) -> float | None:
        """Of all kinds together; None if no operations are counted, or no time was."""
        count = sum(self.work.operations.values())
        return count / self.seconds if count and self.seconds else None

    @property
    def bytes_per_second(self) -> float | None:
        """Read and written; None if no time was measured."""
        return self.work.bytes / self.seconds if self.seconds else None


@dataclass(frozen=True)
class Profile(ShownAsTable):
    """`seconds` is the median time of a whole run, invoke(), and `ops_seconds` that of all ops in it. The rest is what a call takes:
    Python, locks, waking the other threads.

    `runs` are the rounds that were measured. `peaks` are the machine's, if they were asked for.
    """

    seconds: float
    ops_seconds: float
    runs: int
    threads: int
    ops: list[OpTime]
    peaks: Peaks | None = None

    def __repr__(self) -> str:
        ops, threads = (f"{count} {what}{'' if count == 1 else 's'}" for count, what in ((len(self.ops), "op"), (self.threads, "thread")))
        return f"Profile({time_text(self.seconds)}, {ops} {time_text(self.ops_seconds)}, {threads}, {self.runs} runs)"

    def _shown_table(self) -> ShownTable:
        """A row an op."""
        numbers, last = (_NUMBERS[:-1], ()) if self.peaks is None else (_NUMBERS, ("bound",))
        columns = ("op", "operator", "output", "kernels", *numbers, *last)
        caption = f"ops {time_text(self.ops_seconds)}; the whole model {time_text(self.seconds)} a call; the median of {self.runs} runs"
        return ShownTable(columns, map(self._row, self.ops), len(self.ops), ("op", *_NUMBERS), caption)

    def _row(self, op: OpTime) -> list[str]:
        rates = [f"{rate / 1e9:.3g}" if rate else "" for rate in (op.operations_per_second, op.bytes_per_second)]
        near = [] if self.peaks is None else ["" if op.peak is None else f"{op.peak:.0%}", op.bound or ""]
        time = [f"{op.seconds * 1e6:.2f}", f"{100 * op.share:.1f}"]
        return [str(op.index), op.name, "x".join(map(str, op.shape)), " ".join(op.kernels), *time, *rates, *near]


def profile(
    model: Interpreter | Model | str | os.PathLike[str] | bytes, runs: int = 20, graph: int = 0, *,
    peaks: Peaks | bool = False, threads: int | None = None, arithmetic: Arithmetic | str | None = None, seed: int = 0,
) -> Profile:  # fmt: skip
    """Time a graph, whole and op by op, in `runs` rounds of about a millisecond, or of one run if that takes longer.

    An interpreter that is allocated runs on what its inputs hold, with its own threads; what its tensors and variables hold is the same
    afterwards, since a clone runs, which takes memory for tensors. Of anything else that Interpreter takes one is made, with `threads` and
    `arithmetic`, and fed random_inputs of `seed`.

    The ops are timed inside of one native call for all of them, so each finds in the caches what it finds there in any run; see Profile
    for what comes beside.

    `peaks`: True measures the machine's first, in about a second (see OpTime for what that adds).

    Raises InvokeError for an interpreter that is not allocated, SettingError for settings that cannot be, and what running it raises.
    """
    if not isinstance(runs, (int, np.integer)) or isinstance(runs, bool) or runs < 1:
        raise SettingError(f"the number of runs is {quoted(runs)}", "Give a whole number from 1 on")
    if isinstance(model, Interpreter):
        if threads is not None or arithmetic is not None:
            raise SettingError("threads and arithmetic are those of the interpreter", "Give them to the Interpreter, or give the model")
        _ = model.get_graph_runner(graph).plan  # raises where there is none, before anything is copied
        interpreter = model.clone()
    else:
        interpreter = Interpreter(model, num_threads=threads, arithmetic=arithmetic)
        _prepare(interpreter.get_graph_runner(graph), seed)
    with interpreter:
        limits = measured_peaks(interpreter.runtime.threads) if peaks is True else peaks or None
        return _measured(interpreter, interpreter.get_graph_runner(graph), int(runs), limits)


def _prepare(runner: GraphRunner, seed: int) -> None:
    """Allocate a graph and feed it random values."""
    runner.allocate()
    inputs = runner.graph.inputs
    for tensor, value in zip(inputs, random_inputs([runner.details(tensor) for tensor in inputs], seed), strict=True):
        runner.set(runner.index_of(tensor), value)


def _measured(interpreter: Interpreter, runner: GraphRunner, runs: int, limits: Peaks | None) -> Profile:
    invoke = interpreter.invoke if runner.index == 0 else runner.invoke
    invoke()
    once = _mean(invoke, 1)
    repeats = min(max(int(_ROUND / once), 1), _MOST)
    group = min(max(int(_GROUP / once), 1), repeats)
    with runner.exclusive():
        pieces = runner.plan.timed()
    whole, each = [], []
    for _ in range(runs):
        invoke()  # so that what is measured next comes after the same
        whole.append(statistics.median(_mean(invoke, group) for _ in range(repeats // group)))
        with runner.exclusive():
            each.append(_round(pieces, repeats))
    seconds = np.median(each, axis=0)
    ops = [op for piece in pieces for op in piece.ops]
    return Profile(
        statistics.median(whole), float(seconds.sum()), runs, interpreter.runtime.threads, _op_times(ops, seconds.tolist(), limits), limits
    )


def _mean(invoke: Callable[[], None], count: int) -> float:
    """The seconds of a run, the mean of so many."""
    start = time.perf_counter()
    for _ in range(count):
        invoke()
    return (time.perf_counter() - start) / count


def _round(pieces: list[Timed], repeats: int) -> np.ndarray:
    """The seconds of each op, the mean of some runs without those that were disturbed."""
    found = []
    for _ in range(repeats):
        # The last of several runs: what is done with the times of one leaves little of a short model in the nearest caches.
        for _ in range(_WARM if repeats > 1 else 1):
            for piece in pieces:
                piece.run()
        found.append(np.concatenate([piece.seconds() for piece in pieces]))
    times = np.array(found)
    kept = times <= 2 * np.median(times, axis=0)  # the clock counts in steps, of which a mean sees parts
    return np.where(kept, times, 0).sum(axis=0) / np.maximum(kept.sum(axis=0), 1)


def _op_times(ops: Sequence[OpSteps], seconds: Sequence[float], limits: Peaks | None) -> list[OpTime]:
    """What was found of each op; `limits` are the machine's peaks."""
    works = [work_of(op.node) for op in ops]
    constants, total = sum(work.bytes_constant for work in works), sum(seconds)
    found = []
    for op, work, taken in zip(ops, works, seconds, strict=True):
        name, shape = next(((output.name, tuple(output.shape)) for output in op.node.outputs), ("", ()))
        near: dict[str, Any] = {}
        if limits is not None:
            least = limits_of(work, len(op.steps), constants, limits)
            near = {"peak": least.compute / taken if least.compute and taken else None, "bound": least.bound(taken)}
        share = taken / total if total else 0.0
        found.append(OpTime(op.node.index, name_in_file(op.node.op), name, shape, op.kernels, taken, share, len(op.steps), work, **near))
    return found
