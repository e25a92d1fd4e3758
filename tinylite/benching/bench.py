"""bench(): models and single ops timed beside baselines."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import numpy as np

from ..arithmetic import find
from ..errors import SettingError, TinyliteError, quoted
from .arguments import names, number, several, shapes_by_name, stored_rows, thread_counts, values, whole
from .baselines import baselines, tinylite_itself
from .machine import Machine
from .op_subjects import Verifier, ops_in, ops_written
from .result import Bench, BenchRow, Measurement, Settings
from .rows import Rows, usable_cores
from .subjects import Subject, subject_of, with_distinct_names

__all__ = ["bench"]


def bench(
    models: Any = (), inputs: Sequence[np.ndarray] | None = None, *, ops: Any = (), ops_of: Any = (),
    against: str | Iterable[str] = (), threads: int | Iterable[int] = 1, batch: int | None = None,
    shapes: Mapping[str, Sequence[int]] | None = None, arithmetic: str | None = None, cpu: str | None = None, seconds: float = 10.0,
    precision: float = 0.01, pin: bool = False, start: bool = False, memory: bool = False, profile: bool = False, seed: int = 0,
    only: Iterable[BenchRow] | None = None, progress: Callable[[str], None] | None = None,
) -> Bench:  # fmt: skip
    """Time models and single ops beside baselines.

    models      what an Interpreter takes (a path, a file's bytes, a Model), or several of them
    inputs      an array for each input, in the model's order; otherwise random ones by `seed`, over all that 8-bit types hold
    ops         a line such as "CONV_2D i8 1x56x56x64 64x3x3x64 s2 same relu6" (see docs/benchmark-ops.md), or several
    ops_of      a model, or several, of which every distinct op is timed by itself
    against     baselines: "xnnpack", "litert-builtin", "reference", "tflm", "cpu:avx2", "python:/path/to/python",
                "other.tflite"; one or several
    threads     of everything that is timed; several make several rows
    batch       the size of the first dimension of models' inputs; `shapes` has shapes by an input's name
    arithmetic  tinylite's, by its name; `cpu` is the kind of vector unit that its kernels use
    seconds     how long a row may take, about; it ends earlier where the interval is narrower than `precision`, a share of the value
    pin         keep processes on as many cores as there are threads
    start       time whole processes, from the start of Python to the first output, and the first run ever, with no kernels stored
    memory      also measure the memory of each process
    profile     also time each op of a model, and with baselines every distinct op of it by itself, as `ops_of` does
    only        time what these rows of another benchmark timed, and nothing else
    progress    is called with a few words on what is being done

    Each row is timed in launches of fresh processes, and in them in short rounds, one after the other in alternating order. An op is
    compared with LiteRT's reference kernels before, and not timed if it differs. What cannot be loaded, or does not take the inputs, and
    what a baseline refuses or crashes on, makes measurements that say so. KeyboardInterrupt ends it early, with what is known by then, and
    `complete` is False. Raises SettingError and MissingPackageError for what cannot be asked for.
    """
    counts = thread_counts(threads)
    name = "" if arithmetic is None else find(arithmetic).name
    timed = [tinylite_itself(name, cpu or ""), *baselines(names(against, "against"), name, cpu or "")]
    if pin:
        usable_cores(max(counts, default=1))
    seed = whole(seed, "seed", 0)
    settings = Settings(number(seconds, "seconds", 1e6), number(precision, "precision", 1.0), name, cpu or "", bool(pin), seed)
    batch = None if batch is None else whole(batch, "batch", 1)
    if batch is not None and inputs is not None:
        raise SettingError("batch is of random inputs, and inputs are given", "Leave one of them out")
    chosen, say = stored_rows(only), progress or (lambda text: None)
    if not callable(say):
        raise SettingError(f"progress is {quoted(say)}", "Give a function that takes text")
    found = Bench(Machine.here(cpu=cpu or ""), settings, [], datetime.now(timezone.utc).isoformat(timespec="seconds"), complete=False)
    keys = None if chosen is None else {(row.kind, row.name, row.part_of, row.threads) for row in chosen}
    rows = Rows(timed, counts, settings, values(inputs), shapes_by_name(shapes), batch, start, memory, profile, keys, say)
    ops_alone = dataclasses.replace(rows, start=False)  # a process for each op of a model would say nothing of the model
    with Verifier() as verifier:
        written = ops_written(several(ops), verifier, seed)
        entire, parted = (with_distinct_names([subject_of(model) for model in several(each)]) for each in (models, ops_of))
        if not counts or not (entire or written or parted):
            raise SettingError("there is nothing to time", "Give a model, or an op, and a number of threads")
        try:
            for subject in entire:
                parts: list[Subject] = []
                if profile and len(timed) > 1:  # read before the model is timed, which may take long: its file may be gone then
                    with contextlib.suppress(TinyliteError, OSError):  # which the model's row says
                        parts = list(ops_in(subject, verifier, seed))
                before = len(found.rows)
                rows.measure([subject], found.rows.append)
                refused = any(row.ours.refused for row in found.rows[before:])  # there are none where only ops of it are timed again
                if not refused:
                    ops_alone.measure(parts, found.rows.append)
            rows.measure(written, found.rows.append)
            for subject in parted:
                try:
                    parts = list(ops_in(subject, verifier, seed))
                except (TinyliteError, OSError) as error:
                    reasons = [Measurement(each.name, refused=str(error)) for each in timed]
                    found.rows.append(BenchRow(subject.name, "model", "", reasons))
                else:
                    rows.measure(parts, found.rows.append)
            found.complete = True
        except KeyboardInterrupt:
            pass
    return found
