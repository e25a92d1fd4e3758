"""Tables as notebooks show them. Everything in them is escaped: names come from files, and those from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from .text import printable

__all__ = ["Html", "html_cell", "html_table"]

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
    return escape(text if len(text) <= longest else f"{text[: longest - 3]}...")
