"""A row of a table of figures: measured, shown, kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from tinylite.report.describe import time_text
from tinylite.report.peaks import Peaks

from .baselines import Baselines
from .timing import in_turn, machine, once

__all__ = ["Row", "measure", "print_table", "report"]

SLOW = 0.05  # seconds: a reference run that takes longer is timed once, unless it is asked for
COLUMNS = ("tinylite", "XNNPACK", "reference", "ratio", "to reference", "GOP/s", "of peak", "outputs")


@dataclass
class Row:
    """Times are seconds of a run. `outputs` says how tinylite's compare with those of the reference kernels."""

    name: str
    tinylite: float
    xnnpack: float
    reference: float | None
    ratio: float  # to XNNPACK
    to_reference: float | None
    operations: int
    share: float  # of what the machine attains
    outputs: str

    def cells(self) -> list[str]:
        times = [time_text(seconds) for seconds in (self.tinylite, self.xnnpack, self.reference)]
        work = [f"{self.operations / self.tinylite / 1e9:.1f}", f"{self.share:.0%}"] if self.operations else ["", ""]
        to_reference = "" if self.to_reference is None else f"{self.to_reference:.3f}"
        return [self.name, *times, f"{self.ratio:.2f}", to_reference, *work, self.outputs]


def measure(
    name: str, content: bytes, peak: Peaks, threads: int, seconds: float,
    reference: bool | None = None, feeds: list[np.ndarray] | None = None,
) -> Row:  # fmt: skip
    """Time a model. `reference`: always in turn with the others, never, or (None) in turn unless it is slow.

    The share of the peak is the time that the operations would take at the peak of that many threads, by the time they took.
    """
    baselines = Baselines.of(content, threads, feeds, reference is not False)
    runs = {"tinylite": baselines.tinylite.invoke, "xnnpack": baselines.xnnpack.invoke}
    outputs, oracle_time, to_reference = "not compared", None, None
    if baselines.reference is not None:
        oracle_time = once(baselines.reference.invoke)
        outputs = baselines.agreement()
        if reference or oracle_time < SLOW:
            runs["reference"] = baselines.reference.invoke
    times = in_turn(runs, seconds)
    ours = times.median("tinylite")
    if "reference" in runs:
        oracle_time, to_reference = times.median("reference"), times.ratio("tinylite", "reference")
    elif oracle_time is not None:
        to_reference = ours / oracle_time
    best = sum(count / peak.operations[kind] for kind, count in baselines.operations.items() if kind in peak.operations)
    return Row(
        name, ours, times.median("xnnpack"), oracle_time, times.ratio("tinylite", "xnnpack"), to_reference,
        sum(baselines.operations.values()), best / ours, outputs,
    )  # fmt: skip


def print_table(columns: Iterable[str], lines: Iterable[list[str]]) -> None:
    """A table that is Markdown too, so that it can be pasted into a page; never folded to a terminal's width."""
    table = Table(box=box.MARKDOWN)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    for line in lines:
        table.add_row(*line)
    Console(width=200, highlight=False).print(table)


def report(first: str, rows: list[Row], threads: int, target: str | None) -> None:
    """Print the rows; with `target`, also write them to that file, by name."""
    print_table((first, *COLUMNS), (row.cells() for row in rows))
    if target:
        kept = {row.name: asdict(row) for row in rows}
        Path(target).write_text(json.dumps({"machine": machine(), "threads": threads, "rows": kept}, indent=1) + "\n")
