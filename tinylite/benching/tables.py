"""A benchmark as the table that people read: a line for each row and baseline, with the digits that the figures carry."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..limits import size_text
from .estimates import Estimate, estimate_text, interval_text
from .grid import Grid
from .records import BenchRow, Figures, Measurement

__all__ = ["bench_grid", "bench_markdown"]

_MOST_NOTES = 6  # on noise: where all rows are noisy, one reason is that of the others


@dataclass(frozen=True)
class _Line:
    """A row beside one of its baselines, or beside none; `first` is the one that says what all lines of a row have in common."""

    row: BenchRow
    beside: Measurement | None
    first: bool


@dataclass(frozen=True)
class _Column:
    """`same` is how to say above the table what is the same in all lines."""

    head: str
    text: Callable[[_Line], str]
    same: str = ""


def bench_grid(bench: Figures) -> Grid:
    """The table; notes say what was refused, and what is doubtful.

    Columns that are empty in all lines are left out, and of several rows what is the same in all is said once, above.
    """
    lines = list(_lines(bench))
    shown, common = [], []
    for column in _columns(bench):
        texts = {column.text(line) for line in lines}
        if column.same and len(bench.rows) > 1 and len(texts) == 1:
            common += [column.same.format(text) for text in texts if text]
        elif column.head == "name" or texts - {""}:
            shown.append(column)
    cells = [[column.text(line) for column in shown] for line in lines]
    return Grid("; ".join([str(bench.machine), bench.measured, *common]), [column.head for column in shown], cells, _notes(bench))


def bench_markdown(bench: Figures) -> str:
    """The table as Markdown."""
    return bench_grid(bench).markdown()


def _lines(bench: Figures) -> Iterator[_Line]:
    for row in bench.rows:
        yield _Line(row, row.measurements[1] if len(row.measurements) > 1 else None, True)
        yield from (_Line(row, each, False) for each in row.measurements[2:])


def _columns(bench: Figures) -> list[_Column]:
    def once(text: Callable[[BenchRow], str]) -> Callable[[_Line], str]:
        return lambda line: text(line.row) if line.first else ""

    ours = dict.fromkeys(kind for row in bench.rows for each in row.measurements[:1] for kind in each.memory)
    theirs = dict.fromkeys(kind for row in bench.rows for each in row.measurements[1:] for kind in each.memory)
    return [
        _Column("name", once(lambda row: row.title)),
        _Column("kind", once(lambda row: "" if row.kind in ("model", "op") else row.kind)),
        _Column("model", lambda line: line.row.part_of, "ops of {}"),
        _Column("count", once(lambda row: f"{row.count}" if row.count > 1 else "")),
        _Column("threads", lambda line: f"{line.row.threads}", "threads: {}"),
        _Column("batch", lambda line: "" if line.row.batch is None else f"{line.row.batch}", "batch: {}"),
        _Column("tinylite", once(lambda row: _time(row.ours) if row.measurements else "")),
        _Column("beside", lambda line: line.beside.name if line.beside else "", "beside {}"),
        _Column("its time", lambda line: _time(line.beside) if line.beside else ""),
        _Column("ratio", lambda line: estimate_text(line.beside.ratio) if line.beside and line.beside.ratio else ""),
        _Column("95 % interval", _interval),
        _Column("outputs", lambda line: line.beside.agreement if line.beside else ""),
        _Column("verified", lambda line: line.row.verified, "against the reference kernels: {}"),
        _Column("kernel", once(lambda row: row.kernel)),
        _Column("bound", once(lambda row: row.bound)),
        _Column("GOP/s", once(_speed)),
        _Column("of peak", once(lambda row: "" if row.peak_share is None else f"{row.peak_share:.0%}")),
        *(_Column(f"{kind} memory", once(lambda row, kind=kind: _memory(row.ours, kind))) for kind in ours),  # type: ignore[misc]
        *(_Column(f"its {kind} memory", lambda line, kind=kind: _memory(line.beside, kind)) for kind in theirs),  # type: ignore[misc]
        _Column("noise", once(lambda row: "noisy" if row.noise else "")),
    ]


def _time(found: Measurement) -> str:
    return "refused" if found.refused else "" if found.seconds is None else estimate_text(found.seconds, "s")


def _interval(line: _Line) -> str:
    """That of the ratio; where there is none, that of tinylite's time."""
    if line.beside is not None and line.beside.ratio is not None:
        return interval_text(line.beside.ratio)
    if not line.first or not line.row.measurements or line.row.ours.refused or line.row.ours.seconds is None:
        return ""
    return interval_text(line.row.ours.seconds, "s")


def _memory(found: Measurement | None, kind: str) -> str:
    return size_text(float(found.memory[kind])) if found is not None and kind in found.memory else ""


def _speed(row: BenchRow) -> str:
    operations = sum(row.operations.values())
    running = row.kind in ("model", "op")  # and not starting
    seconds = row.ours.seconds if running and row.measurements and not row.ours.refused else None
    if seconds is None or not operations or not seconds.usable:
        return ""
    work = operations / 1e9
    most = work / seconds.low if seconds.low else math.inf
    return estimate_text(Estimate(work / seconds.value, work / seconds.high, most))


def _notes(bench: Figures) -> list[str]:
    notes = [] if bench.complete else ["It was interrupted: what was to be measured later is missing."]
    if any(each.ratio is not None for row in bench.rows for each in row.measurements[1:]):
        notes.append("A ratio is tinylite's time divided by the baseline's in the same rounds: below 1, tinylite is faster.")
    for row in bench.rows:
        reasons = {each.refused for each in row.measurements}
        if len(row.measurements) > 1 and len(reasons) == 1 and "" not in reasons:
            notes.append(f"{row.label}: {reasons.pop()}")  # which is none of a runtime's own
        else:
            notes += [f"{row.label}, {each.name} refused: {each.refused}" for each in row.measurements if each.refused]
    noisy = [row for row in bench.rows if row.noise]
    notes += [f"{row.label}, noisy: {'; '.join(row.noise)}" for row in noisy[:_MOST_NOTES]]
    if len(noisy) > _MOST_NOTES:
        notes.append(f"{len(noisy) - _MOST_NOTES} more rows are noisy: --json says why")
    return notes
