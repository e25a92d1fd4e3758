"""From what is to be timed to rows of figures."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import SettingError, TinyliteError
from ..inputs.stored_values import stored_as
from ..report.memory import MemoryUse
from ..report.profile import Profile
from . import stored
from .baselines import Timed
from .hosts import EndedError, Hosts, RefusedError
from .measure import FirstRun, Measuring, Starting, measure_all, temporary_folder
from .records import BenchRow, Measurement, Settings
from .subjects import Prepared, Subject, prepare

__all__ = ["RowKey", "Rows", "usable_cores"]

RowKey = tuple[str, str, str, int]  # kind, name, part_of, threads

_KINDS: dict[str, type[Measuring]] = {"start": Starting, "first run": FirstRun}


@dataclass
class Rows:
    """How subjects become rows: what is timed, on how many threads, and what bench() takes."""

    timed: Sequence[Timed]
    threads: Sequence[int]
    settings: Settings
    inputs: Sequence[np.ndarray] | None
    shapes: Mapping[str, Sequence[int]] | None
    batch: int | None
    start: bool
    memory: bool
    profile: bool
    only: Collection[RowKey] | None
    say: Callable[[str], None]
    peaks: dict[int, Any] = field(default_factory=dict)  # of so many threads, as JSON

    def measure(self, subjects: Sequence[Subject], add: Callable[[BenchRow], None]) -> None:
        """Time subjects together, and add a row for each and each number of threads.

        Of a measurement that KeyboardInterrupt stops, what is known by then is added.
        """
        subjects = [
            each for each in subjects if any(self._wanted(each, kind, count) for kind in self._kinds(each) for count in self.threads)
        ]
        if not subjects:
            return
        with temporary_folder("tinylite-bench-") as folder:
            prepared = [self._prepared(subject, folder) for subject in subjects]
            for count in self.threads:
                rows = [row for subject, found in zip(subjects, prepared, strict=True) for row in self._rows(subject, found, count)]
                running = [row for row in rows if isinstance(row, _Row)]
                cores = usable_cores(count) if self.settings.pinned else None
                try:
                    settings = self.settings
                    measure_all([row.measuring for row in running], folder, settings.seconds, settings.precision, cores, self.say)
                    for row in running if self.memory else ():
                        row.measure_memory(folder, self.say)
                    self._profile([row for row in running if (self.profile or row.kind == "op") and row.kind != "first run"], folder, count)
                finally:
                    for made in rows:
                        if isinstance(made, BenchRow):
                            add(made)
                        elif made.measuring.found_something:
                            add(made.finished())

    def _profile(self, rows: Sequence[_Row], folder: str, threads: int) -> None:
        """Time rows op by op, in a process for all of them."""
        ours = self.timed[0]
        with Hosts(folder) as hosts:
            for row in rows:
                self.say(f"{row.measuring.name}: op by op")
                with contextlib.suppress(RefusedError, EndedError):  # which its measurement says
                    answer = hosts.profile(ours, {**row.requests[ours], "peaks": self.peaks.get(threads)})
                    self.peaks[threads] = answer["profile"]["peaks"]
                    row.profile, row.plan = stored.value_of(Profile, answer["profile"]), stored.value_of(MemoryUse, answer["plan"])

    def _prepared(self, subject: Subject, folder: str) -> _Ready | str:
        """A subject with the models that it is timed beside, or why there is none."""
        given = self.inputs if subject.inputs is None else subject.inputs
        seed = self.settings.seed
        try:
            verified = ""
            if subject.verify is not None:
                self.say(f"{subject.name}: comparing with the reference kernels")
                verified = subject.verify()
                if verified.startswith("differs"):
                    return f"it is not timed: its outputs are not those of LiteRT's reference kernels, {verified}"
            prepared = prepare(subject.model, folder, inputs=given, shapes=self.shapes, batch=self.batch, seed=seed)
            others = {each: _other(each, prepared, folder, seed) for each in self.timed if each.model is not None}
        except (TinyliteError, OSError) as error:
            return str(error)
        return _Ready(prepared, others, verified)

    def _kinds(self, subject: Subject) -> tuple[str, ...]:
        return ("start", "first run") if self.start else (subject.kind,)

    def _wanted(self, subject: Subject, kind: str, threads: int) -> bool:
        return self.only is None or (kind, subject.name, subject.part_of, threads) in self.only

    def _rows(self, subject: Subject, ready: _Ready | str, threads: int) -> Iterator[_Row | BenchRow]:
        for kind in self._kinds(subject):
            if not self._wanted(subject, kind, threads):
                continue
            batch = self.batch if subject.kind == "model" else None  # an op has the shapes that its line says
            if isinstance(ready, str):
                refused = [Measurement(each.name, refused=ready) for each in self.timed]
                yield BenchRow(subject.name, kind, "", refused, threads, batch, subject.count, part_of=subject.part_of)
            else:
                # In the first run ever, only tinylite does what it never does again.
                timed = self.timed[:1] if kind == "first run" else self.timed
                yield _Row(subject, kind, ready, timed, threads, batch)


@dataclass
class _Ready:
    """A subject's files, those of other models that are its baselines, or why there are none, and how it compares with the reference
    kernels."""

    prepared: Prepared
    others: Mapping[Timed, Prepared | str]
    verified: str


class _Row:
    """A row in the making."""

    def __init__(self, subject: Subject, kind: str, ready: _Ready, timed: Sequence[Timed], threads: int, batch: int | None) -> None:
        self.subject, self.kind, self.ready, self.threads, self.batch = subject, kind, ready, threads, batch
        self.timed = timed
        files = {each: ready.others.get(each, ready.prepared) for each in timed}
        self.refused = {each: found for each, found in files.items() if isinstance(found, str)}
        self.requests = {each: {**found.request, "threads": threads} for each, found in files.items() if isinstance(found, Prepared)}
        name = f"{subject.name}, {threads} thread{'s' * (threads > 1)}"
        self.measuring = _KINDS.get(kind, Measuring)(name, self.requests)
        self.memory: dict[str, dict[str, int]] = {}
        self.profile: Profile | None = None
        self.plan: MemoryUse | None = None

    def measure_memory(self, folder: str, say: Callable[[str], None]) -> None:
        """Run each in a process of its own."""
        for timed, request in self.requests.items():
            say(f"{self.measuring.name}: memory of {timed.name}")
            with contextlib.suppress(RefusedError, EndedError), Hosts(folder) as hosts:  # which its measurement says
                self.memory[timed.name] = hosts.memory(timed, request)

    def finished(self) -> BenchRow:
        """What was found."""
        measured = {each.name: each for each in self.measuring.measurements()}
        measurements = [measured.get(each.name) or Measurement(each.name, refused=self.refused[each]) for each in self.timed]
        for each in measurements:
            each.memory = self.memory.get(each.name, {})
        # Where there is a ratio, it is what does not depend on the machine's moods.
        ratios = {f"the ratio to {each.name}": each.ratio for each in measurements if each.ratio is not None}
        times = {f"the time of {each.name}": each.seconds for each in measurements if each.seconds is not None}
        prepared = self.ready.prepared
        return BenchRow(
            self.subject.name, self.kind, prepared.digest, measurements, self.threads, self.batch, self.subject.count, prepared.shapes,
            prepared.operations if self.kind == self.subject.kind else {},  # a process from its start does much else
            _peak_share(self.profile),
            self.measuring.watch.reasons({} if self.kind == "first run" else ratios or times), self.profile, self.plan,
            self.subject.part_of, self.ready.verified,
        )  # fmt: skip


def _peak_share(found: Profile | None) -> float | None:
    """The share of the time that all operations would take at the machine's peak."""
    shares = [op.peak * op.seconds for op in found.ops if op.peak is not None] if found is not None else []
    return sum(shares) / found.seconds if found is not None and shares else None


def _other(timed: Timed, prepared: Prepared, folder: str, seed: int) -> Prepared | str:
    """Another model as a baseline, on the same real numbers where it takes them, and else on random ones; or why it cannot be one."""
    try:
        drawn = prepare(timed.model, folder, seed=seed)
    except (TinyliteError, OSError) as error:
        return str(error)
    sources, targets = prepared.model.graph.inputs, drawn.model.graph.inputs
    if len(sources) == len(targets):
        with contextlib.suppress(TinyliteError):
            pairs = zip(prepared.inputs, sources, targets, strict=True)
            same = [stored_as(np.load(path), source, target) for path, source, target in pairs]
            found = prepare(timed.model, folder, inputs=same)
            return drawn if found.problem else found
    return drawn


def usable_cores(threads: int) -> list[int]:
    """The first cores that this process may use. Raises SettingError where there are too few, or the system cannot choose."""
    if not hasattr(os, "sched_getaffinity"):
        raise SettingError("this system cannot keep a process on some cores", "Leave --pin out")
    usable = sorted(os.sched_getaffinity(0))
    if threads > len(usable):
        raise SettingError(f"{threads} threads cannot be kept on {len(usable)} cores", "Leave --pin out, or ask for fewer threads")
    return usable[:threads]
