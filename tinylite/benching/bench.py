"""bench(): models and single ops timed beside baselines."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import numpy as np

from ..arithmetic import find
from ..errors import SettingError, TinyliteError, quoted
from ..inputs.stored_values import stored_as
from ..interpreter.settings import thread_count
from .baselines import Timed, baselines, tinylite_itself
from .hosts import EndedError, Hosts, RefusedError
from .machine import Machine
from .measure import Measuring, Starting
from .result import Bench, BenchRow, Measurement, Settings
from .subjects import Prepared, Subject, prepare

__all__ = ["bench"]


def bench(
    models: Any = (), inputs: Sequence[np.ndarray] | None = None, *, against: Iterable[str] = (), threads: int | Iterable[int] = 1,
    batch: int | None = None, shapes: Mapping[str, Sequence[int]] | None = None, arithmetic: str | None = None, cpu: str | None = None,
    seconds: float = 10.0, precision: float = 0.01, pin: bool = False, start: bool = False, memory: bool = False,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> Bench:  # fmt: skip
    """Time models beside baselines.

    models      what an Interpreter takes (a path, a file's bytes, a Model), or several of them
    inputs      an array for each input, in the model's order; otherwise random ones by `seed`, over all that 8-bit types hold
    against     baselines: "xnnpack", "litert-builtin", "reference", "tflm", "cpu:avx2", "python:/path/to/python", "other.tflite"
    threads     of everything that is timed; several make several rows
    batch       the size of the first dimension of inputs; `shapes` has shapes by an input's name
    arithmetic  tinylite's, by its name; `cpu` is the kind of vector unit that its kernels use
    seconds     how long a row may take, about; it ends earlier where the interval is narrower than `precision`, a share of the value
    pin         keep processes on as many cores as there are threads
    start       time whole processes, from the start of Python to the first output, and the first run ever, with no kernels stored
    memory      also measure the memory of each process
    progress    is called with a few words on what is being done

    Each row is timed in launches of fresh processes, and in them in short rounds, one after the other in alternating order. A model that
    a baseline refuses or crashes on has a measurement that says so. KeyboardInterrupt ends it early, with what is known by then, and
    `complete` is False. What cannot be loaded, or does not take the inputs, makes rows that say so. Raises SettingError and
    MissingPackageError for what cannot be asked for.
    """
    subjects = [_subject(model) for model in _several(models)]
    if not subjects:
        raise SettingError("there is nothing to time", "Give a model")
    counts = [thread_count(count) for count in ([threads] if isinstance(threads, int) else threads)]
    _check(seconds, precision, batch)
    name = "" if arithmetic is None else find(arithmetic).name
    timed = [tinylite_itself(name, cpu or ""), *baselines(against, name, cpu or "")]
    settings = Settings(float(seconds), float(precision), name, cpu or "", pin, seed)
    machine = Machine.here()
    machine.target = cpu or machine.target
    found = Bench(machine, settings, [], datetime.now(timezone.utc).isoformat(timespec="seconds"))
    say = progress or (lambda text: None)
    try:
        for subject in subjects:
            with tempfile.TemporaryDirectory(prefix="tinylite-bench-") as folder:
                given = inputs if subject.inputs is None else subject.inputs
                try:
                    prepared = prepare(subject.model, folder, inputs=given, shapes=shapes, batch=batch, seed=seed)
                except (TinyliteError, OSError) as error:
                    refused = [Measurement(each.name, refused=str(error)) for each in timed]
                    found.rows += [BenchRow(subject.name, subject.kind, "", refused, count, batch, subject.count) for count in counts]
                    continue
                others = {each: _other(each, prepared, folder, seed) for each in timed if each.model is not None}
                for count in counts:
                    for kind in ("start", "first run") if start else (subject.kind,):
                        row = _Row(subject, kind, prepared, others, timed, count, batch, folder, settings)
                        try:
                            row.run(say, memory)
                        finally:
                            if row.begun:
                                found.rows.append(row.row())
    except KeyboardInterrupt:
        found.complete = False
    return found


def _several(models: Any) -> list[Any]:
    return list(models) if isinstance(models, (list, tuple)) else [models]


def _subject(model: Any) -> Subject:
    if isinstance(model, Subject):
        return model
    if isinstance(model, (str, os.PathLike)):
        return Subject(os.path.splitext(os.path.basename(os.fsdecode(model)))[0], "model", model)
    source = getattr(model, "source", None)
    return Subject(os.path.splitext(os.path.basename(source))[0] if source else "model", "model", model)


def _check(seconds: float, precision: float, batch: int | None) -> None:
    for name, value, most in (("seconds", seconds, 1e6), ("precision", precision, 1.0)):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= most:
            raise SettingError(f"{name} is {quoted(value)}", f"Give a number above 0, at most {most:g}")
    if batch is not None and (isinstance(batch, bool) or not isinstance(batch, int) or batch < 1):
        raise SettingError(f"batch is {quoted(batch)}", "Give a whole number from 1 on")


def _other(timed: Timed, prepared: Prepared, folder: str, seed: int) -> Prepared:
    """Another model as a baseline, on the same real numbers where it takes them, and else on random ones."""
    drawn = prepare(timed.model, folder, seed=seed)
    sources, targets = prepared.model.graph.inputs, drawn.model.graph.inputs
    if len(sources) == len(targets):
        with contextlib.suppress(TinyliteError):
            pairs = zip(prepared.inputs, sources, targets, strict=True)
            same = [stored_as(np.load(path), source, target) for path, source, target in pairs]
            found = prepare(timed.model, folder, inputs=same)
            return drawn if found.problem else found
    return drawn


class _Row:
    """A row in the making."""

    def __init__(
        self, subject: Subject, kind: str, prepared: Prepared, others: Mapping[Timed, Prepared], timed: Sequence[Timed], threads: int,
        batch: int | None, folder: str, settings: Settings,
    ) -> None:  # fmt: skip
        self.subject, self.kind, self.prepared, self.threads, self.batch = subject, kind, prepared, threads, batch
        self.settings, self.folder, self.name = settings, folder, f"{subject.name}, {threads} thread{'s' * (threads > 1)}"
        # In the first run ever, only tinylite does what it never does again.
        self.requests = {
            each: {**others.get(each, prepared).request, "threads": threads}
            for each in (timed[:1] if kind == "first run" else timed)
        }  # fmt: skip
        cores = _cores(threads) if settings.pinned else None
        self.measuring = (Measuring if kind == subject.kind else Starting)(self.requests, folder, cores)
        self.memory, self.begun = dict[str, dict[str, int]](), False

    def run(self, say: Callable[[str], None], memory: bool) -> None:
        self.begun = True
        if self.kind == "first run" and isinstance(self.measuring, Starting):
            say(f"{self.name}: first run")
            self.measuring.first_run()
        else:
            self.measuring.run(self.settings.seconds, self.settings.precision, lambda text: say(f"{self.name}: {text}"))
        for timed, request in self.requests.items() if memory and self.kind == self.subject.kind else ():
            say(f"{self.name}: memory of {timed.name}")
            try:
                with Hosts(self.folder) as hosts:
                    self.memory[timed.name] = hosts.memory(timed, request)
            except (RefusedError, EndedError):
                continue  # which its measurement says

    def row(self) -> BenchRow:
        measurements: list[Measurement] = self.measuring.measurements()
        for each in measurements:
            each.memory = self.memory.get(each.name, {})
        return BenchRow(
            self.subject.name, self.kind, self.prepared.digest, measurements, self.threads, self.batch, self.subject.count,
            self.prepared.shapes
        )  # fmt: skip


def _cores(threads: int) -> list[int]:
    """The first cores that this process may use. Raises SettingError where there are too few, or the system cannot choose."""
    if not hasattr(os, "sched_getaffinity"):
        raise SettingError("this system cannot keep a process on some cores", "Leave --pin out")
    usable = sorted(os.sched_getaffinity(0))
    if threads > len(usable):
        raise SettingError(f"{threads} threads cannot be kept on {len(usable)} cores", "Leave --pin out, or ask for fewer threads")
    return usable[:threads]
