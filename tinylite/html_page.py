"""Reports as one HTML file: no network, no script, light and dark. All text in them is escaped: names come from files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .html_tables import Html, html_cell, html_table

__all__ = ["bar", "block", "figure", "listing", "page", "section"]

_STYLE = """
:root { color-scheme: light dark; --ink: #1d232b; --paper: #fff; --line: #d5dae1; --soft: #f3f5f8; --bad: #c62f2f; --good: #1c7d43;
  --bar: #7c8794; --above: #de5a14; --below: #3476de;
  --c1: #2563c9; --c2: #c4570c; --c3: #0b7f63; --c4: #a33ea1; --c5: #7a6a00; --c6: #5c6b8a }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ee; --paper: #14181d; --line: #38414c; --soft: #1d232b; --bad: #ff7b72; --good: #57c47f; --bar: #8b96a3;
    --c1: #6ea8ff; --c2: #ff9a57; --c3: #4fd0a8; --c4: #e08ce0; --c5: #d9c44a; --c6: #a7b4d0 }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 72rem; margin: 2rem auto;
  padding: 0 1rem }
h1 { font-size: 1.5rem }
h3 { font-size: 1rem; margin: 1.2rem 0 .3rem }
h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem }
table { border-collapse: collapse; margin: .6rem 0; display: block; overflow-x: auto; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .2rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top }
th { background: var(--soft) }
pre, code { font-family: ui-monospace, monospace; font-size: .9em }
pre { background: var(--soft); padding: .7rem; overflow-x: auto }
.bad { color: var(--bad); font-weight: 600 }
.good { color: var(--good); font-weight: 600 }
.bar { display: inline-block; width: 8rem; height: .8rem; background: var(--soft); border: 1px solid var(--line) }
.bar > i { display: block; height: 100%; background: var(--bar) }
img { image-rendering: pixelated; max-width: 100%; border: 1px solid var(--line) }
figure { margin: .8rem 0; max-width: 100% }
figcaption { font-size: .9em; max-width: 46rem; overflow-wrap: anywhere }
.wide { overflow-x: auto }
.close { white-space: nowrap }
.pair { display: flex; flex-wrap: wrap; gap: 0 1.5rem }
svg { max-width: max(100%, 20rem); height: auto; font: 12px system-ui, sans-serif; fill: var(--ink) }
svg image { image-rendering: pixelated }
svg line { stroke: var(--ink) }
svg .same { fill: var(--bar) }
svg .above { fill: var(--above) }
svg .below { fill: var(--below) }
svg .worst { fill: none; stroke: var(--ink); stroke-width: 2 }
.legend { display: flex; flex-wrap: wrap; gap: .2rem .7rem; margin: .3rem 0; font-size: .9em }
.swatch { white-space: nowrap }
.swatch > i { display: inline-block; width: 1em; height: 1em; margin-right: .3em; vertical-align: -.15em; border: 1px solid var(--line) }
td { overflow-wrap: break-word; max-width: 26rem }
h1, h2, h3, p, li { overflow-wrap: anywhere }
@media (max-width: 40rem) {
  table { font-size: .85em }
  th, td { padding: .2rem .4rem; max-width: 13rem }
}
@media print {
  body { max-width: none; margin: 0; font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact }
  figure, tr, pre { break-inside: avoid }
  h2, h3 { break-after: avoid }
  table, .wide, pre { overflow: visible }
  pre { white-space: pre-wrap }
  svg { max-width: 100% }
}
"""


def page(title: str, body: Iterable[str]) -> str:
    """A whole file: the title, as its heading too, and parts of HTML in their order."""
    name = html_cell(title)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{name}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body><h1>{name}</h1>\n{"".join(body)}\n</body></html>\n'


def section(title: str, head: Sequence[str] = (), rows: Sequence[Sequence[Any]] = (), text: Iterable[str] = ()) -> str:
    """A heading, paragraphs of plain text, and a table if there are rows."""
    paragraphs = "".join(f"<p>{html_cell(line, 1000)}</p>" for line in text)
    return f"<h2>{html_cell(title)}</h2>\n{paragraphs}{html_table(head, rows, len(rows)) if rows else ''}\n"


def bar(share: float, width: float = 12) -> Html:
    """A bar that is filled by a share of 0 to 1, as wide as so many letters; may be a cell of a table."""
    size = f' style="width:{width:g}rem"' if width != 12 else ""
    return Html(f'<span class="bar"{size}><i style="width:{100 * min(max(share, 0.0), 1.0):.1f}%"></i></span>')


def figure(content: Html, caption: str) -> Html:
    """A picture or drawing with the words below it."""
    return Html(f"<figure>{content}<figcaption>{html_cell(caption, 1000)}</figcaption></figure>\n")


def block(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table within a section, under a smaller heading."""
    return f"<h3>{html_cell(title, 1000)}</h3>\n{html_table(head, rows, len(rows))}\n"


def listing(lines: Sequence[str]) -> str:
    """Sentences as a list with dots."""
    return f"<ul>{''.join(f'<li>{html_cell(line, 1000)}</li>' for line in lines)}</ul>\n" if lines else ""
