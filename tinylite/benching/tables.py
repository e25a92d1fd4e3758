"""A benchmark as a table: one list of columns, whatever the form in which it is shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..limits import size_text
from .estimates import Estimate, estimate_text, interval_text
from .grid import Grid, csv_text
from .records import BenchRow, Figures, Measurement

__all__ = ["bench_csv", "bench_grid", "bench_markdown"]

_MOST_NOTES = 6  # on noise: where all rows are noisy, one reason is that of the others

Cell = str | float | None


@dataclass
class _Column:
    """`text` is what people read, with the digits that a figure carries; `data` what programs do, as columns of their own.

    `same` is how to say what is the same in all rows.
    """

    head: str
    text: Callable[[BenchRow], str] = lambda row: ""
    data: Mapping[str, Callable[[BenchRow], Cell]] = field(default_factory=dict)
    same: str = ""


def bench_grid(bench: Figures) -> Grid:
    """The table that people read; notes say what was refused, and what is doubtful.

    Columns that are empty in all rows are left out, and of several rows what is the same in all is said once, above.
    """
    shown, common = [], []
    for column in _columns(bench):
        texts = {column.text(row) for row in bench.rows}
        if column.same and len(bench.rows) > 1 and len(texts) == 1:
            common += [column.same.format(text) for text in texts if text]
        elif column.head == "name" or texts - {""}:
            shown.append(column)
    rows = [[column.text(row) for column in shown] for row in bench.rows]
    headline = "; ".join([str(bench.machine), bench.measured, *common])
    return Grid(headline, [column.head for column in shown], rows, _notes(bench))


def bench_markdown(bench: Figures) -> str:
    """The table that people read, as Markdown."""
    return bench_grid(bench).markdown()


def bench_csv(bench: Figures) -> str:
    """The table that programs read: seconds, ratios and the ends of their intervals as numbers, and texts, a line for each row."""
    named = {name: value for column in _columns(bench) for name, value in column.data.items()}
    cells = {name: [value(row) for row in bench.rows] for name, value in named.items()}
    cells = {name: column for name, column in cells.items() if name == "name" or any(cell not in (None, "") for cell in column)}
    return csv_text(list(cells), list(zip(*cells.values(), strict=True)))


def _columns(bench: Figures) -> list[_Column]:
    baselines = dict.fromkeys(each.name for row in bench.rows for each in row.measurements[1:])
    return [
        _Column("name", lambda row: row.title, {"name": lambda row: row.name}),
        _Column("kind", lambda row: "" if row.kind in ("model", "op") else row.kind, {"kind": lambda row: row.kind}),
        _Column("model", lambda row: row.part_of, {"model": lambda row: row.part_of}, "ops of {}"),
        _Column("count", lambda row: f"{row.count}" if row.count > 1 else "", {"count": lambda row: row.count}),
        _Column("threads", lambda row: f"{row.threads}", {"threads": lambda row: row.threads}, "threads: {}"),
        _Column("batch", lambda row: "" if row.batch is None else f"{row.batch}", {"batch": lambda row: row.batch}, "batch: {}"),
        *_tinylite_columns(),
        *(column for name in baselines for column in _baseline_columns(name)),
        _Column("verified", lambda row: row.verified, {"verified": lambda row: row.verified}, "against the reference kernels: {}"),
        _Column("kernel", _kernel, {"kernel": _kernel}),
        _Column("bound", _bound, {"bound": _bound}),
        _Column("GOP/s", _speed_text, {"operations": _operations}),
        _Column("of peak", _peak_text, {"peak_share": lambda row: row.peak_share}),
        *(column for name in (None, *baselines) for column in _memory_columns(bench, name)),
        _Column("noise", lambda row: "noisy" if row.noise else "", {"noise": lambda row: "; ".join(row.noise)}),
        _Column("", data={"digest": lambda row: row.digest}),
    ]


def _tinylite_columns() -> list[_Column]:
    time, interval = _figure_columns("tinylite", "tinylite", lambda row: _measured(row, None), lambda found: found.seconds, "s")
    text = interval.text
    # Beside a ratio, whose interval says more, the time has its digits only.
    interval.text = lambda row: "" if any(each.ratio is not None for each in row.measurements[1:]) else text(row)
    return [time, interval]


def _baseline_columns(name: str) -> list[_Column]:
    def found(row: BenchRow) -> Measurement | None:
        return _measured(row, name)

    def said(row: BenchRow) -> str:
        measurement = found(row)
        return measurement.agreement if measurement else ""

    time, interval = _figure_columns(name, name, found, lambda found: found.seconds, "s")
    interval.text = lambda row: ""  # that of the ratio says more
    return [
        time, interval,
        *_figure_columns(f"ratio to {name}", f"{name} ratio", found, lambda found: found.ratio, ""),
        _Column("outputs", said, {f"{name} outputs": said}),
    ]  # fmt: skip


def _figure_columns(
    head: str, key: str, find: Callable[[BenchRow], Measurement | None], figure: Callable[[Measurement], Estimate | None], unit: str
) -> list[_Column]:
    """A column of an estimate and one of its interval."""

    def estimate(row: BenchRow) -> Estimate | None:
        found = find(row)
        return figure(found) if found is not None and not found.refused else None

    def number(row: BenchRow, end: str) -> Cell:
        found = estimate(row)
        return None if found is None else getattr(found, end)

    def text(row: BenchRow) -> str:
        found, measurement = estimate(row), find(row)
        if found is not None:
            return estimate_text(found, unit)
        return "refused" if unit and measurement is not None and measurement.refused else ""

    def interval(row: BenchRow) -> str:
        found = estimate(row)
        return "" if found is None else interval_text(found, unit)

    def refused(row: BenchRow) -> Cell:
        found = find(row)
        return found.refused if found else None

    name = f"{key} seconds" if unit else key
    data: dict[str, Callable[[BenchRow], Cell]] = {name: lambda row: number(row, "value")}
    ends: dict[str, Callable[[BenchRow], Cell]] = {
        f"{name} low": lambda row: number(row, "low"),
        f"{name} high": lambda row: number(row, "high"),
    }
    return [_Column(head, text, data), _Column("95 % interval", interval, {**ends, **({f"{key} refused": refused} if unit else {})})]


def _memory_columns(bench: Figures, name: str | None) -> list[_Column]:
    """A column for each kind of memory that was measured, of tinylite (None) or a baseline."""
    measured = [found for row in bench.rows if (found := _measured(row, name)) is not None]
    return [_memory_column(name, kind) for kind in dict.fromkeys(kind for each in measured for kind in each.memory)]


def _memory_column(name: str | None, kind: str) -> _Column:
    def size(row: BenchRow) -> Cell:
        found = _measured(row, name)
        return found.memory.get(kind) if found else None

    def text(row: BenchRow) -> str:
        found = size(row)
        return "" if found is None else size_text(float(found))

    return _Column(f"{kind} memory" if name is None else f"{kind} memory of {name}", text, {f"{name or 'tinylite'} {kind} bytes": size})


def _measured(row: BenchRow, name: str | None) -> Measurement | None:
    """What was measured of a baseline, or of tinylite (None), which is the first."""
    found = row.measurements[:1] if name is None else [each for each in row.measurements[1:] if each.name == name]
    return found[0] if found else None


def _operations(row: BenchRow) -> int | None:
    return sum(row.operations.values()) or None


def _speed_text(row: BenchRow) -> str:
    found, operations = _measured(row, None), _operations(row)
    if found is None or found.refused or found.seconds is None or not operations or not found.seconds.usable:
        return ""
    seconds, work = found.seconds, operations / 1e9
    most = work / seconds.low if seconds.low else math.inf
    return estimate_text(Estimate(work / seconds.value, work / seconds.high, most))


def _peak_text(row: BenchRow) -> str:
    return "" if row.peak_share is None else f"{row.peak_share:.0%}"


def _kernel(row: BenchRow) -> str:
    """What an op's last step runs on: the others bring its inputs into order."""
    return row.profile.ops[-1].kernels[-1] if row.kind == "op" and row.profile and row.profile.ops and row.profile.ops[-1].kernels else ""


def _bound(row: BenchRow) -> str:
    found = row.profile.ops[-1].bound if row.kind == "op" and row.profile and row.profile.ops else None
    return "" if found in (None, "none") else str(found)


def _notes(bench: Figures) -> list[str]:
    notes = [] if bench.complete else ["It was interrupted: what was to be measured later is missing."]
    if any(each.ratio is not None for row in bench.rows for each in row.measurements[1:]):
        notes.append("A ratio is tinylite's time divided by the baseline's in the same rounds: below 1, tinylite is faster.")
    for row in bench.rows:
        notes += [f"{row.label}, {each.name} refused: {each.refused}" for each in row.measurements if each.refused]
    noisy = [row for row in bench.rows if row.noise]
    notes += [f"{row.label}, noisy: {'; '.join(row.noise)}" for row in noisy[:_MOST_NOTES]]
    if len(noisy) > _MOST_NOTES:
        notes.append(f"{len(noisy) - _MOST_NOTES} more rows are noisy: --json says why")
    return notes
