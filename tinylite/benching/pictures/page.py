"""A benchmark as one HTML file, without network and script: the figures, and a picture for each question they answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

from ...errors import at
from ...files.io import write_whole
from ...html_page import figure, listing, page, section
from ...html_tables import Html, html_cell, html_table
from ...limits import size_text
from ...report.describe import time_text
from ..estimates import Estimate, estimate_text, interval_text
from ..records import BenchRow, Figures, Measurement
from .distributions import distributions
from .drawing import SERIES, can_be_drawn
from .memory_plan import MOST_BLOCKS, memory_plan
from .op_strip import MOST_OPS, op_strip
from .ratios import MOST_RATIOS, Ratio, ratios
from .roofline import roofline
from .scaling import scaling, scaling_groups

__all__ = ["MOST_BYTES", "report_html", "save_html"]

MOST_BYTES = 400_000  # of a page: it can be attached to a message or an issue
_MOST_TABLE = 90_000  # bytes of the table of all rows
_MOST_NOTES = 40
_MOST_BASELINES = 8  # columns of the table


def save_html(bench: Figures, path: str | os.PathLike[str]) -> None:
    """Write `report_html`, whole or not at all. Raises FileError, and MissingPackageError without matplotlib."""
    where = os.fsdecode(path)
    with at(where):
        write_whole(where, [report_html(bench).encode("utf-8", "backslashreplace")])


def report_html(bench: Figures) -> str:
    """A page of fewer than MOST_BYTES, the same for the same benchmark. Raises MissingPackageError without matplotlib.

    It has the figures of all rows, and as many pictures of each kind as fit; it says what it leaves out.
    """
    parts = [_summary(bench), _table(bench.rows), _notes(bench)]
    room = _Room(MOST_BYTES - _size(page(_title(bench), parts)) - 2000)
    parts.append(_baselines(bench.rows, room))
    parts += [_threads(bench.rows, room), *_by_row(bench.rows, room)]
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
    names = list(dict.fromkeys(row.name for row in bench.rows))
    return f"Benchmark of {names[0]}" if len(names) == 1 else f"Benchmark of {len(names)} models and ops"


# ---- what was found


def _summary(bench: Figures) -> str:
    settings = bench.settings
    chosen = [f"{name} {value}" for name, value in (("arithmetic", settings.arithmetic), ("kernels for", settings.cpu)) if value]
    inputs = f"inputs from {', '.join(settings.inputs)}" if settings.inputs else f"random inputs of seed {settings.seed}"
    threads = ["threads pinned to cores"] if settings.pinned else []
    lines = [
        f"Measured on {bench.machine}.",
        f"At {bench.measured}, with {', '.join([*chosen, inputs, *threads])}. An interval holds the true median with a confidence of 95 %.",
    ]
    if not bench.complete:
        lines.append("The benchmark was interrupted: only the rows that were finished are here.")
    return "".join(f"<p>{html_cell(line, 1000)}</p>" for line in lines)


def _table(rows: Sequence[BenchRow]) -> str:
    """The figures of all rows, or of the first of them that are no more than _MOST_TABLE bytes."""
    names = _runtimes(rows)
    head = ["", "threads", "tinylite", *(part for name in names[:_MOST_BASELINES] for part in (name, "ratio")), "outputs"]
    if any(row.peak_share is not None for row in rows):
        head.append("of peak")
    cells: list[list[object]] = []
    size = 0
    for row in rows:
        line = _line(row, names[:_MOST_BASELINES], "of peak" in head)
        size += _size(html_table([], [line], 1))
        if size > _MOST_TABLE:
            break
        cells.append(line)
    text = ["A ratio is tinylite's time divided by the baseline's: below 1, tinylite is faster."] if names else []
    more = len(rows) - min(len(cells), 200)
    left = f"<p>{more} more rows are in the JSON file.</p>" if more > 0 else ""
    return section("Results", head, cells[:200], text) + left


def _line(row: BenchRow, names: Sequence[str], peak: bool) -> list[object]:
    found = {each.name: each for each in row.baselines}
    cells: list[object] = [_name(row), row.threads, _time(row.measurements[0]) if row.measurements else ""]
    for name in names:
        each = found.get(name)
        cells += ["", ""] if each is None else [_time(each), "" if each.ratio is None else _cell(each.ratio)]
    agreements = {name: each.agreement for name, each in found.items() if each.agreement}
    same = set(agreements.values())
    cells.append(same.pop() if len(same) == 1 else "; ".join(f"{name}: {words}" for name, words in agreements.items()))
    if peak:
        cells.append("" if row.peak_share is None else f"{row.peak_share:.0%}")
    return cells


def _name(row: BenchRow) -> str:
    """What sets a row apart from others."""
    parts = [row.name]
    if row.kind not in ("model", "op"):
        parts.append(row.kind)
    if row.batch is not None:
        parts.append(f"batch {row.batch}")
    if row.count > 1:
        parts.append(f"{row.count} times")
    return ", ".join(parts)


def _time(each: Measurement) -> object:
    if each.seconds is not None:
        return _cell(each.seconds, "s")
    return "refused" if each.refused else ""


def _cell(estimate: Estimate, unit: str = "") -> Html:
    """A figure, with its interval where the mouse is over it; nothing where it is none."""
    if not can_be_drawn(estimate.value):
        return Html("")
    return Html(f'<span class="close" title="{html_cell(interval_text(estimate, unit))}">{html_cell(estimate_text(estimate, unit))}</span>')


def _notes(bench: Figures) -> str:
    """What should be doubted, and what was refused."""
    noise = [f"{_name(row)}, {_count(row.threads, 'thread')}: {reason}" for row in bench.rows for reason in row.noise]
    refused = [f"{_name(row)}: {each.name} {each.refused}" for row in bench.rows for each in row.measurements if each.refused]
    return _list("Noise", noise) + _list("Not measured", refused)


def _list(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    more = [f"{len(lines) - _MOST_NOTES} more"] if len(lines) > _MOST_NOTES else []
    return section(title) + listing([*lines[:_MOST_NOTES], *more])


def _runtimes(rows: Sequence[BenchRow]) -> list[str]:
    """The names of all baselines, in the order in which they appear."""
    return list(dict.fromkeys(each.name for row in rows for each in row.baselines))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


# ---- pictures of all rows


def _baselines(rows: Sequence[BenchRow], room: _Room) -> str:
    """The ratios to all baselines."""
    names = _runtimes(rows)
    colours = {name: SERIES[number % len(SERIES)] for number, name in enumerate(names)}
    several = len({row.threads for row in rows}) > 1
    lines = [
        Ratio(
            _name(row) + (f", {_count(row.threads, 'thread')}" if several else "") + (f", {each.name}" if len(names) > 1 else ""),
            each.ratio, colours[each.name],
        )
        for row in rows
        for each in row.baselines
        if each.ratio is not None
    ]  # fmt: skip
    words = "The dot is the median ratio of times in the same round, the line its interval."
    sides = ("tinylite is faster", "the baseline is faster")
    return _picture(
        room, "Beside the baselines", ratios(lines, "baselines", "tinylite's time divided by the baseline's", sides, list(colours.items())),
        words + _left_out(lines, MOST_RATIOS, "ratio"),
    )  # fmt: skip


def _threads(rows: Sequence[BenchRow], room: _Room) -> str:
    """Times by threads, of as many models as fit into a fourth of the room."""
    parts, left, most = [], 0, room.left // 4
    for number, group in enumerate(scaling_groups(rows)):
        words = f"{_name(group[0])}. The broken line is what so many threads could bring at most."
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


def _picture(room: _Room, title: str, picture: Html | None, words: str) -> str:
    part = None if picture is None else section(title) + figure(picture, words)
    return part if part is not None and room.take(part) else ""


# ---- pictures of a row


def _by_row(rows: Sequence[BenchRow], room: _Room) -> Iterator[str]:
    """A section for each row that has pictures. Each kind of picture gets its part of the room, and what others left of theirs."""
    drawn: dict[int, list[str]] = {}
    left = 0
    for number, (has, picture) in enumerate(_KINDS):
        most = room.left // (len(_KINDS) - number)
        for place, row in enumerate(rows):
            if not has(row):
                continue
            part = picture(row, f"{picture.__name__} {place}") if most else None
            if part is not None and room.take(part, most):
                most -= _size(part)
                drawn.setdefault(place, []).append(part)
            elif part is not None or not most:
                most, left = 0, left + 1
    for place, parts in sorted(drawn.items()):
        yield section(f"{_name(rows[place])}, {_count(rows[place].threads, 'thread')}") + "".join(parts)
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
    (lambda row: row.profile is not None and bool(row.profile.ops), _ops),
    (lambda row: row.profile is not None and any(op.work.operations for op in row.profile.ops), _roof),
    (lambda row: row.plan is not None and bool(row.plan.plan), _memory),
)
