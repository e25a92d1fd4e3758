"""A benchmark as one HTML file, without network and script: the figures, and a picture for each question they answer."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence

from ...errors import at
from ...files.io import write_whole
from ...html_page import figure, listing, page, section
from ...html_tables import Html, html_cell, html_table
from ...limits import size_text
from ...report.describe import time_text
from ..comparison import FASTER, SAME, SLOWER, UNSURE, Comparison
from ..grid import Grid
from ..records import BenchRow, Figures
from ..tables import bench_grid
from .distributions import distributions
from .drawing import COLOURS, SERIES
from .memory_plan import MOST_BLOCKS, memory_plan
from .op_strip import MOST_OPS, op_strip
from .ratios import MOST_RATIOS, Ratio, ratios
from .roofline import roofline
from .scaling import scaling, scaling_groups

__all__ = ["MOST_BYTES", "report_html", "save_html"]

MOST_BYTES = 400_000  # of a page: it can be attached to a message or an issue
_MOST_TABLE, _MOST_OPS_TABLES = 80_000, 60_000  # bytes of a table, and of all those of ops of models
_MOST_COLUMNS = 30
_MOST_NOTES, _FEW_NOTES = 40, 8
_MOST_TRIED = 100  # pictures of a kind, each of which takes a moment to draw, whether it fits or is like another
_LONG = 50  # letters of a cell that may take several lines
_VERDICTS = {SLOWER: COLOURS["bad"], FASTER: COLOURS["good"], UNSURE: COLOURS["c5"], SAME: COLOURS["bar"]}


def save_html(bench: Figures, path: str | os.PathLike[str], comparison: Comparison | None = None) -> None:
    """Write `report_html`, whole or not at all. Raises FileError, and MissingPackageError without matplotlib."""
    where = os.fsdecode(path)
    text = report_html(bench, comparison)
    with at(where):
        write_whole(where, [text.encode("utf-8", "backslashreplace")])


def report_html(bench: Figures, comparison: Comparison | None = None) -> str:
    """A page of fewer than MOST_BYTES, the same for the same benchmark. Raises MissingPackageError without matplotlib.

    It has the figures of all rows, and as many pictures of each kind as fit; it says what it leaves out. `comparison` with an older
    benchmark adds the changes, and a picture of them.
    """
    asked = [row for row in bench.rows if not row.part_of] or bench.rows  # the ops of models come after what was asked for
    parts = [_figures("Results", _grid(bench, asked), _MOST_TABLE)]
    if comparison is not None:
        parts.append(_figures("Then and now", comparison.grid(), _MOST_TABLE))
    ops = _ops_of_models(bench, [] if asked is bench.rows else [row for row in bench.rows if row.part_of])
    room = _Room(MOST_BYTES - _size(page(_title(bench), [*parts, ops])) - 2000)  # what is said of pictures that did not fit
    if comparison is not None:
        parts.append(_then_and_now(comparison, room))
    parts += [_baselines(bench.rows, room), _threads(asked, room), *_by_row(asked, room), ops]
    return page(_title(bench), parts)


def _size(part: str) -> int:
    """Bytes in the file."""
    return len(part.encode("utf-8", "backslashreplace"))


class _Room:
    """The bytes that are left for pictures."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self, part: str | None, most: int | None = None) -> bool:
        """Whether there is such a part and it fits, into `most` bytes too if they are given; then the room is less by that."""
        size = _size(part) if part else 0
        if not size or size > self.left or (most is not None and size > most):
            return False
        self.left -= size
        return True


def _title(bench: Figures) -> str:
    names = list(dict.fromkeys(row.part_of or row.title for row in bench.rows))
    return f"Benchmark of {names[0]}" if len(names) == 1 else f"Benchmark of {len(names)} models and ops"


# ---- figures


def _grid(bench: Figures, rows: Sequence[BenchRow]) -> Grid:
    return bench_grid(dataclasses.replace(bench, rows=list(rows)))


def _ops_of_models(bench: Figures, rows: Sequence[BenchRow]) -> str:
    """The figures of ops that were cut out of the models which were asked for: tables that open when they are clicked at."""
    models = list(dict.fromkeys(row.part_of for row in rows))
    tables = []
    for model in models:
        grid = _grid(bench, [row for row in rows if row.part_of == model])
        grid.headline = f"Each of the {_count(len(grid.rows), 'row')} is an op of {model}, cut out and timed on its own."
        tables.append(_folded(f"Ops of {model}", _figures("", grid, _MOST_OPS_TABLES // len(models))))
    return section("Ops one by one") + "".join(tables) if tables else ""


def _figures(title: str, grid: Grid, most: int) -> str:
    """A table of at most so many bytes, and its notes, as much of both as fits."""
    head, rows, size = grid.head[:_MOST_COLUMNS], [], 0
    for row in grid.rows:
        cells = [Html(f'<span class="close">{html_cell(cell)}</span>') if len(cell) < _LONG else cell for cell in row[:_MOST_COLUMNS]]
        size += _size(html_table([], [cells], 1))
        if size > most:
            break
        rows.append(cells)
    more = len(grid.rows) - len(rows)
    left = [f"{_count(more, 'more row')} did not fit."] if more else []
    unsaid = len(grid.notes) - _MOST_NOTES
    notes = listing([*grid.notes[:_MOST_NOTES], *([_count(unsaid, "more note")] if unsaid > 0 else [])])
    if len(grid.notes) > _FEW_NOTES:
        notes = _folded(_count(len(grid.notes), "note"), notes)
    paragraphs = "".join(f"<p>{html_cell(line, 1000)}</p>" for line in (grid.headline, *left))
    return (section(title) if title else "") + paragraphs + html_table(head, rows, len(rows)) + notes


def _folded(title: str, content: str) -> str:
    """What is shown when its title is clicked at."""
    return f"<details><summary>{html_cell(title)}</summary>{content}</details>\n"


def _called(row: BenchRow, threads: bool = True) -> str:
    """What sets a row apart from others, or from others of as many threads."""
    parts = [row.label if threads else row.title]
    if row.kind not in ("model", "op"):
        parts.append(row.kind)
    if row.batch is not None:
        parts.append(f"batch {row.batch}")
    return ", ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


# ---- pictures of all rows


def _then_and_now(comparison: Comparison, room: _Room) -> str:
    """The changes, those that moved most first."""
    changes = comparison.changes
    several = len({each.row.threads for each in changes}) > 1
    lines = [Ratio(_called(each.row, several), each.change, _VERDICTS.get(each.verdict, COLOURS["bar"])) for each in changes]
    used = {each.verdict for each in changes}
    legend = [(verdict, colour) for verdict, colour in _VERDICTS.items() if verdict in used]
    words = (
        f"tinylite's time now divided by its time then. Within the band, {comparison.fail_above:.1%} to either side, no change counts; "
        "outside of it only one of three times its noise."
    )
    picture = ratios(lines, "then and now", "now divided by then", ("faster now", "slower now"), legend, comparison.fail_above)
    return _picture(room, "", picture, words + _left_out(lines, MOST_RATIOS, "change"))


def _baselines(rows: Sequence[BenchRow], room: _Room) -> str:
    """The ratios to all baselines: of what was asked for in its order, and of the ops of each model those that take the most time first."""
    parts = [_ratios("Beside the baselines", [row for row in rows if not row.part_of], room)]
    groups: dict[tuple[str, int], list[BenchRow]] = {}
    for row in rows:
        if row.part_of:
            groups.setdefault((row.part_of, row.threads), []).append(row)
    most = room.left // 3
    for (model, threads), ops in groups.items():
        title = f"Ops of {model} beside the baselines, {_count(threads, 'thread')}"
        part = _ratios(title, sorted(ops, key=_total, reverse=True), room, most)
        most -= _size(part)
        parts.append(part)
    return "".join(parts)


def _total(row: BenchRow) -> float:
    """Seconds of all ops like this one in a run."""
    seconds = row.measurements[0].seconds if row.measurements else None
    return seconds.value * row.count if seconds is not None and seconds.usable else 0.0


def _ratios(title: str, rows: Sequence[BenchRow], room: _Room, most: int | None = None) -> str:
    names = list(dict.fromkeys(each.name for row in rows for each in row.baselines))
    colours = {name: SERIES[number % len(SERIES)] for number, name in enumerate(names)}
    several = len({row.threads for row in rows}) > 1
    lines = [
        Ratio(_called(row, several) + (f", {each.name}" if len(names) > 1 else ""), each.ratio, colours[each.name])
        for row in rows
        for each in row.baselines
        if each.ratio is not None
    ]
    sides = ("tinylite is faster", "the baseline is faster")
    picture = ratios(lines, title, "tinylite's time divided by the baseline's", sides, list(colours.items())[: len(SERIES)])
    words = "A dot is the median ratio of times in the same round, the line its interval."
    return _picture(room, title, picture, words + _left_out(lines, MOST_RATIOS, "ratio"), most)


def _threads(rows: Sequence[BenchRow], room: _Room) -> str:
    """Times by threads, of as many models as fit into a fourth of the room."""
    parts, left, most = [], 0, room.left // 4
    for number, group in enumerate(scaling_groups(rows)):
        words = f"{group[0].title}: the broken line is what so many threads could bring at most."
        part = _with_words(scaling(group, f"threads {number}"), words)
        if part is not None and room.take(part, most):
            parts.append(part)
            most -= _size(part)
        else:
            left += part is not None
    more = f"<p>{_count(left, 'more picture')} of threads did not fit.</p>" if left else ""
    return section("Threads") + "".join(parts) + more if parts or left else ""


def _left_out(found: Sequence[object], most: int, what: str) -> str:
    more = len(found) - most
    return f" {_count(more, f'more {what}')} {'is' if more == 1 else 'are'} not drawn." if more > 0 else ""


def _picture(room: _Room, title: str, picture: Html | None, words: str, most: int | None = None) -> str:
    part = None if picture is None else (section(title) if title else "") + figure(picture, words)
    return part if part is not None and room.take(part, most) else ""


# ---- pictures of a row


def _by_row(rows: Sequence[BenchRow], room: _Room) -> Iterator[str]:
    """A section for each row that has pictures. Each kind of picture gets its part of the room, and what others left of theirs."""
    drawn: dict[int, list[str]] = {}
    seen: set[tuple[str, str]] = set()
    left = 0
    for number, (has, picture) in enumerate(_KINDS):
        most, tried = room.left // (len(_KINDS) - number), 0
        for place, row in enumerate(rows):
            if not has(row):
                continue
            part = picture(row, f"{picture.__name__} {place}") if most and tried < _MOST_TRIED else None
            tried += 1
            if part is not None and (row.name, part) in seen:  # a memory plan is the same for any number of threads
                continue
            if part is not None and room.take(part, most):
                seen.add((row.name, part))
                most -= _size(part)
                drawn.setdefault(place, []).append(part)
            elif part is not None or not most or tried > _MOST_TRIED:
                most, left = 0, left + 1
    for place, parts in sorted(drawn.items()):
        yield section(_called(rows[place])) + "".join(parts)
    if left:
        yield section("Not drawn", text=[f"{_count(left, 'more picture')} of rows did not fit into {MOST_BYTES // 1000} kB."])


def _rounds(row: BenchRow, name: str) -> Html | None:
    words = "Rounds: a mark is one, and each line of marks a launch; above them the median and its interval."
    return _with_words(distributions(row.measurements, name), words)


def _ops(row: BenchRow, name: str) -> Html | None:
    profile = row.profile
    assert profile is not None
    words = f"Ops: a call takes {time_text(profile.seconds)}, of which its ops take {time_text(profile.ops_seconds)}."
    return _with_words(op_strip(profile.ops, name), words)


def _roof(row: BenchRow, name: str) -> Html | None:
    profile = row.profile
    assert profile is not None
    words = (
        "Roofline: an op is a dot of an area that is its time. Lines are what the machine attains: operations a second, and bytes a "
        f"second with {_count(profile.threads, 'thread')}."
    )
    counted = [op for op in profile.ops if op.work.operations]
    more = f" {_count(len(counted) - MOST_OPS, 'op')} that take less time are small dots." if len(counted) > MOST_OPS else ""
    return _with_words(roofline(profile.ops, profile.peaks, name), words + more)


def _memory(row: BenchRow, name: str) -> Html | None:
    use = row.plan
    assert use is not None
    sizes = (("the arena", use.arena), ("weights", use.weights), ("packed copies", use.packed), ("variables", use.variables))
    parts = ", ".join(f"{what} {size_text(size)}" for what, size in sizes if size)
    words = f"Memory plan: which bytes of the arena hold which tensor, from step to step. In all: {parts}."
    return _with_words(memory_plan(use, name), words + _left_out(use.plan, MOST_BLOCKS, "tensor"))


def _with_words(picture: Html | None, words: str) -> Html | None:
    return None if picture is None else figure(picture, words)


# Kinds of pictures: whether a row has what one shows, and the picture.
_KINDS: tuple[tuple[Callable[[BenchRow], bool], Callable[[BenchRow, str], Html | None]], ...] = (
    (lambda row: any(map(any, (each.launches for each in row.measurements))), _rounds),
    (lambda row: row.profile is not None and len(row.profile.ops) > 1, _ops),
    (lambda row: row.profile is not None and sum(bool(op.work.operations) for op in row.profile.ops) > 1, _roof),
    (lambda row: row.plan is not None and len(row.plan.plan) > 1 and row.kind != "op", _memory),
)
