"""Tables as notebooks and rich show them. Everything in them is escaped: names come from files, and those from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from .text import printable

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

__all__ = ["Html", "ShownAsTable", "ShownTable", "html_cell", "html_table"]

_MOST = 200  # rows of a table
_LONGEST = 200  # characters of a cell


class Html(str):
    """HTML as it is, which is not escaped: for what this package makes, never for what files say."""

    __slots__ = ()


def html_table(head: Sequence[str], rows: Iterable[Sequence[Any]], count: int) -> str:
    """A table with these columns, of the first of `count` rows."""
    body = "".join(f"<tr>{''.join(f'<td>{html_cell(cell)}</td>' for cell in row)}</tr>" for row in islice(rows, _MOST))
    more = f"<p>... of {count}</p>" if count > _MOST else ""
    return f"<table><thead><tr>{''.join(f'<th>{html_cell(name)}</th>' for name in head)}</tr></thead><tbody>{body}</tbody></table>{more}"


def html_cell(value: Any, longest: int = _LONGEST) -> str:
    """What is in a cell, escaped and cut to a sensible length, with what browsers do not show made visible; Html as it is."""
    if isinstance(value, Html):
        return value
    from html import escape  # whose tables of entities a start need not read

    text = printable(str(value), lines=True)
    return escape(_cut(text, longest))


class ShownTable(NamedTuple):
    """The first of `total` rows under these columns; those in `right` hold numbers. `caption` is a line below."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]
    total: int
    right: Sequence[str] = ()
    caption: str = ""


class ShownAsTable:
    """What notebooks and rich show as a table below its repr, and Python as its repr alone."""

    def _shown_table(self) -> ShownTable | None:
        """None for what is closed or empty."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        """What notebooks show."""
        table = self._shown_table()
        if table is None:
            return f"<p><code>{html_cell(self)}</code></p>"
        below = f"<p>{html_cell(table.caption)}</p>" if table.caption else ""
        return f"<p><code>{html_cell(self)}</code></p>{html_table(table.columns, table.rows, table.total)}{below}"

    def __rich__(self) -> Table | Text:
        """What rich prints."""
        from rich.table import Column, Table
        from rich.text import Text

        shown = self._shown_table()
        title = Text(printable(repr(self)))
        if shown is None:
            return title
        columns = [Column(name, justify="right" if name in shown.right else "left", overflow="fold") for name in shown.columns]
        more = f"... of {shown.total}" if shown.total > _MOST else ""
        caption = Text("\n".join(filter(None, (more, printable(shown.caption)))))
        table = Table(*columns, title=title, title_justify="left", caption=caption if caption else None, caption_justify="left")
        for row in islice(shown.rows, _MOST):
            table.add_row(*(Text(_cut(printable(str(cell), lines=True))) for cell in row))
        return table


def _cut(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
