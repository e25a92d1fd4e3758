"""Charts of reports as SVG within HTML: how many values differ by how much, and the values of short outputs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..html_page import figure
from ..html_tables import Html, html_cell

__all__ = ["counted", "histogram", "value_bars"]

_MOST_BARS = 17


def counted(steps: np.ndarray) -> list[tuple[str, int]]:
    """How many values differ by how many steps: each number where there are few, otherwise ranges that grow 1, 2, 5, 10, ..."""
    values, counts = np.unique(steps, return_counts=True)
    if values.size <= _MOST_BARS:
        return [(_signed(int(value)), int(count)) for value, count in zip(values, counts, strict=True)]
    largest = max(abs(int(values[0])), abs(int(values[-1])))
    edges = [1]
    while edges[-1] <= largest:
        edges.append(edges[-1] * (2, 5, 10)[(len(edges) - 1) % 3] // (1, 2, 5)[(len(edges) - 1) % 3])
    while len(edges) > _MOST_BARS // 2 + 1:  # of large numbers every second edge, from the first on
        edges = [*edges[:-1:2], edges[-1]]
    ranges = list(zip(edges[:-1], (min(edge - 1, largest) for edge in edges[1:]), strict=True))
    rows = [(-last, -first) for first, last in reversed(ranges)] + [(0, 0)] + ranges
    result = []
    for low, high in rows:
        inside = int(counts[(values >= low) & (values <= high)].sum())
        label = _signed(low) if low == high else f"{_signed(low)} to {_signed(high)}"
        result.append((label, inside))
    used = [at for at, (_, count) in enumerate(result) if count]
    return result[used[0] : used[-1] + 1]


def _signed(value: int) -> str:
    if abs(value) < 10**4:
        return f"{value:+d}" if value else "0"
    digits, exponent = f"{value:+.0e}".split("e")
    return f"{digits}e{int(exponent)}"


def histogram(rows: Sequence[tuple[str, int]], unit: str, caption: str) -> Html:
    """A bar for each (label, count), one below the other; lengths are logarithms, since those that are equal are so many."""
    most = max((count for _, count in rows), default=1)
    height, left, width = 22, 120, 230
    parts = []
    for row, (label, count) in enumerate(rows):
        y = row * height
        length = width * (math.log10(count) + 0.3) / (math.log10(most) + 0.3) if count else 0
        kind = "same" if label == "0" else "above" if label.startswith("+") else "below"
        parts.append(
            f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{html_cell(label)}</text>'
            f'<rect class="{kind}" x="{left}" y="{y + 3}" width="{length:.1f}" height="{height - 6}"/>'
            f'<text x="{left + length + 6:.1f}" y="{y + 15}">{count:,}</text>'
        )
    words = ", ".join(f"{label}: {count}" for label, count in rows)
    svg = (
        f'<svg viewBox="0 0 {left + width + 80} {len(rows) * height}" style="width:{left + width + 80}px" role="img" '
        f'aria-label="{html_cell(f"How many values differ by how many {unit}: {words}", 1000)}">{"".join(parts)}</svg>'
    )
    return figure(Html(f'<div class="wide">{svg}</div>'), caption)


def value_bars(golden: np.ndarray, found: np.ndarray, caption: str) -> Html:
    """The values of a short vector (up to 64): the golden's as bars, what was found as a mark on each."""
    both = np.stack([golden, found]).astype(np.float64)
    finite = both[np.isfinite(both)]
    low, high = min(0.0, float(finite.min(initial=0))), max(0.0, float(finite.max(initial=0)))
    span = (high - low) or 1.0
    count, tall, left = both.shape[1], 160, 80
    step = max(10, min(40, 640 // count))

    def y(value: float) -> float:
        return 10 + tall * (high - min(max(value, low), high)) / span if math.isfinite(value) else 10 + tall * (high - max(0.0, low)) / span

    parts = [f'<line x1="{left}" x2="{left + count * step}" y1="{y(0):.1f}" y2="{y(0):.1f}"/>']
    parts += [f'<text x="{left - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.4g}</text>' for value in sorted({low, 0.0, high})]
    every = math.ceil(28 / step)
    for at in range(count):
        x, top, bottom = left + at * step, y(max(0.0, both[0, at])), y(min(0.0, both[0, at]))
        differs = both[0, at] != both[1, at] and not np.isnan(both[:, at]).all()
        kind = "same" if not differs else "above" if both[1, at] > both[0, at] else "below"
        parts.append(f'<rect class="same" x="{x + 2}" y="{top:.1f}" width="{step - 4}" height="{max(bottom - top, 1):.1f}"/>')
        if differs:
            parts.append(f'<rect class="{kind}" x="{x}" y="{y(both[1, at]) - 2:.1f}" width="{step}" height="4"/>')
        if at % every == 0:
            parts.append(f'<text x="{x + step / 2:.1f}" y="{tall + 28}" text-anchor="middle">{at}</text>')
    svg = (
        f'<svg viewBox="0 0 {left + count * step + 8} {tall + 34}" style="width:{left + count * step + 8}px" role="img" '
        f'aria-label="{html_cell(caption, 1000)}">{"".join(parts)}</svg>'
    )
    return figure(Html(f'<div class="wide">{svg}</div>'), caption)
