"""Reports as one HTML file: no network, no script, light and dark. All text in them is escaped: names come from files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .html_tables import Html, html_cell, html_table

__all__ = ["bar", "page", "section"]

_STYLE = """
:root { color-scheme: light dark; --ink: #1d232b; --paper: #fff; --line: #d5dae1; --soft: #f3f5f8; --bad: #c62f2f; --good: #1c7d43;
  --bar: #3b76c4 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ee; --paper: #14181d; --line: #38414c; --soft: #1d232b; --bad: #ff7b72; --good: #57c47f; --bar: #6ea8f0 }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 72rem; margin: 2rem auto;
  padding: 0 1rem }
h1 { font-size: 1.5rem }
h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem }
table { border-collapse: collapse; margin: .6rem 0; display: block; overflow-x: auto; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .2rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top }
th { background: var(--soft) }
pre, code { font-family: ui-monospace, monospace; font-size: .9em }
pre { background: var(--soft); padding: .7rem; overflow-x: auto }
.bad { color: var(--bad); font-weight: 600 }
.good { color: var(--good); font-weight: 600 }
.bar { display: inline-block; width: 12rem; height: .8rem; background: var(--soft); border: 1px solid var(--line) }
.bar > i { display: block; height: 100%; background: var(--bar) }
img { image-rendering: pixelated; max-width: 100%; border: 1px solid var(--line) }
"""


def page(title: str, body: Iterable[str]) -> str:
    """A whole file: the title, as its heading too, and parts of HTML in their order."""
    name = html_cell(title)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{name}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body><h1>{name}</h1>\n{"".join(body)}\n</body></html>\n'


def section(title: str, head: Sequence[str] = (), rows: Sequence[Sequence[Any]] = (), text: Iterable[str] = ()) -> str:
    """A heading, paragraphs of plain text, and a table if there are rows."""
    paragraphs = "".join(f"<p>{html_cell(line)}</p>" for line in text)
    return f"<h2>{html_cell(title)}</h2>\n{paragraphs}{html_table(head, rows, len(rows)) if rows else ''}\n"


def bar(share: float, width: float = 12) -> Html:
    """A bar that is filled by a share of 0 to 1, as wide as so many letters; may be a cell of a table."""
    size = f' style="width:{width:g}rem"' if width != 12 else ""
    return Html(f'<span class="bar"{size}><i style="width:{100 * min(max(share, 0.0), 1.0):.1f}%"></i></span>')
