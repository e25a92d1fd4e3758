"""A table of text, and the forms in which it is shown: for terminals, Markdown, notebooks, and as CSV for programs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..html_tables import html_cell, html_table
from ..text import printable

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

__all__ = ["Grid", "csv_text"]

# What Markdown would take for more than text.
_SPECIAL = re.compile(r"([\\`*_\[\]|~])")
# What spreadsheets take for a formula at the start of a cell.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_WIDEST = 16  # letters of a cell that is not folded
_NARROWEST = 4  # letters of a head that is folded


@dataclass
class Grid:
    """Rows of cells below a headline, and notes below them. The first column is text, others are aligned to the right."""

    headline: str
    head: list[str]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)

    def rich(self) -> RenderableType:
        """For a terminal; names are text, and what looks like rich's markup in them stays as it is."""
        from rich.console import Group
        from rich.text import Text

        return Group(Text(printable(self.headline)), _Fitted(self.head, self.rows), *(Text(printable(note)) for note in self.notes))

    def markdown(self) -> str:
        """A paragraph, a table, and a list of notes; what files say is escaped."""
        rows = [[_markdown(cell) for cell in row] for row in [self.head, *self.rows]]
        widths = [max(3, *(len(row[number]) for row in rows)) for number in range(len(self.head))]
        rule = ["-" * width if number == 0 else "-" * (width - 1) + ":" for number, width in enumerate(widths)]
        lines = []
        for row in [rows[0], rule, *rows[1:]]:
            first, *others = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            lines.append(" | ".join([first, *(cell.strip().rjust(width) for cell, width in zip(others, widths[1:], strict=True))]))
        notes = [f"- {_markdown(note)}" for note in self.notes]
        table = "\n".join(f"| {line} |" for line in lines)
        return "\n\n".join(filter(None, [_markdown(self.headline), table, "\n".join(notes)])) + "\n"

    def html(self) -> str:
        """For a notebook."""
        notes = "".join(f"<li>{html_cell(note, 600)}</li>" for note in self.notes)
        table = html_table(self.head, self.rows, len(self.rows))
        return f"<p>{html_cell(self.headline, 600)}</p>{table}{notes and f'<ul>{notes}</ul>'}"


@dataclass
class _Fitted:
    """Rows for a terminal: as a table, or where that would be too wide, which would lose figures, as a list for each row."""

    head: list[str]
    rows: list[list[str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        cells = [[printable(cell) for cell in row] for row in self.rows]
        longest = [max((len(row[number]) for row in cells), default=0) for number in range(len(self.head))]
        least = [max(min(length, _WIDEST), min(len(name), _NARROWEST)) for length, name in zip(longest, self.head, strict=True)]
        borders = 3 * len(least) + 1
        yield self._table(cells, least) if sum(least) + borders <= options.max_width else self._lists(cells)

    def _table(self, cells: list[list[str]], least: list[int]) -> RenderableType:
        from rich.table import Column, Table
        from rich.text import Text

        heads = zip(self.head, least, strict=True)  # which may be folded, cells as seldom as it goes
        table = Table(
            *(Column(Text(name), justify="right" if number else "left", overflow="fold", min_width=width)
              for number, (name, width) in enumerate(heads))
        )  # fmt: skip
        for row in cells:
            table.add_row(*map(Text, row))
        return table

    def _lists(self, cells: list[list[str]]) -> RenderableType:
        from rich.text import Text

        lines = []
        for row in cells:
            lines += [row[0]] * bool(row[0])
            lines += [f"  {name}: {cell}" for name, cell in zip(self.head[1:], row[1:], strict=True) if cell]
        return Text("\n".join(lines), overflow="fold")


def csv_text(head: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> str:
    """A line for each row, as RFC 4180 has it; numbers with six digits, nothing for None.

    A name that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    for row in [head, *rows]:
        writer.writerow([_csv(cell) for cell in row])
    return target.getvalue()


def _csv(cell: str | float | None) -> str:
    if isinstance(cell, str):
        text = printable(cell)
        return f"'{text}" if text.startswith(_FORMULA) else text
    return "" if cell is None else str(cell) if isinstance(cell, int) else f"{cell:.6g}"


def _markdown(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", printable(text).replace("&", "&amp;").replace("<", "&lt;"))
