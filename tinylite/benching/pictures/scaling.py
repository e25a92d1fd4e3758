"""What threads bring: times, and how many times as fast as with the fewest threads, for each runtime."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...html_tables import Html
from ..estimates import Estimate
from ..records import BenchRow
from .drawing import COLOURS, SERIES, Drawing, draw, fitted, log_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["scaling", "scaling_groups"]

_WIDTH, _TOP, _HEIGHT, _LEFT, _GAP, _BELOW = 760, 40, 250, 50, 70, 48


def scaling_groups(rows: Sequence[BenchRow]) -> list[list[BenchRow]]:
    """Rows that differ in nothing but their numbers of threads, two at least, from the fewest threads on."""
    groups: dict[tuple[object, ...], dict[int, BenchRow]] = {}
    for row in rows:
        key = (row.name, row.kind, row.digest, row.batch, tuple((name, *shape) for name, shape in row.shapes.items()))
        groups.setdefault(key, {}).setdefault(row.threads, row)
    return [[group[threads] for threads in sorted(group)] for group in groups.values() if len(group) > 1]


def scaling(rows: Sequence[BenchRow], name: str) -> Html | None:
    """An SVG of the times and the speedups by threads, of one of `scaling_groups`; None if no runtime has two times."""
    series: dict[str, dict[int, Estimate]] = {}
    for row in rows:
        for each in row.measurements:
            if each.seconds is not None and each.seconds.usable:
                series.setdefault(each.name, {})[row.threads] = each.seconds
    series = {runtime: points for runtime, points in list(series.items())[: len(SERIES)] if len(points) > 1}
    if not series:
        return None
    threads = sorted({number for points in series.values() for number in points})

    def paint(drawing: Drawing) -> None:
        legend = [(fitted(runtime, 160), colour) for runtime, colour in zip(series, SERIES, strict=False)]
        drawing.legend([*legend, ("as many times as threads", COLOURS["bar"])], _LEFT, 4)
        wide = (_WIDTH - 2 * _LEFT - _GAP) / 2
        _times(drawing, series, threads, wide)
        _speedups(drawing, series, threads, wide)

    label = "Threads: " + "; ".join(
        f"{runtime} "
        + ", ".join(f"{number}: {points[min(points)].value / each.value:.2f} times as fast" for number, each in sorted(points.items()))
        for runtime, points in series.items()
    )
    return draw(name, label, (_WIDTH, _TOP + _HEIGHT + _BELOW), paint)


def _times(drawing: Drawing, series: dict[str, dict[int, Estimate]], threads: Sequence[int], wide: float) -> None:
    axes = drawing.axes(_LEFT, _TOP, wide, _HEIGHT, "both")
    values = [each.value for points in series.values() for each in points.values()]
    low, high = min(values) / 1.3, max(values) * 1.3
    scale, unit = next(((scale, unit) for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")) if high >= scale), (1e-9, "ns"))
    axes.set(yscale="log", ylim=(low, high), ylabel=f"{unit} a run")
    ticks = log_ticks(low, high)
    axes.set_yticks(ticks, [f"{tick / scale:g}" for tick in ticks])
    _threads(axes, threads)
    _lines(axes, series, threads, low, high)


def _speedups(drawing: Drawing, series: dict[str, dict[int, Estimate]], threads: Sequence[int], wide: float) -> None:
    axes = drawing.axes(_LEFT + wide + _GAP, _TOP, wide, _HEIGHT, "both")
    found = {
        runtime: {number: _speedup(points[min(points)], each, number == min(points)) for number, each in points.items()}
        for runtime, points in series.items()
    }
    ideal = threads[-1] / threads[0]
    high = max([each.value for points in found.values() for each in points.values()] + [ideal]) * 1.08
    low = min([1.0] + [each.value for points in found.values() for each in points.values()]) * 0.85
    axes.set(ylim=(low, high), ylabel=f"times as fast as with {threads[0]}")
    _threads(axes, threads)
    axes.plot([threads[0], threads[-1]], [1, ideal], color=COLOURS["bar"], linewidth=1.5, linestyle=(0, (4, 3)))
    _lines(axes, found, threads, low, high)


def _speedup(fewest: Estimate, each: Estimate, itself: bool) -> Estimate:
    if itself:
        return Estimate(1.0, 1.0, 1.0)
    return Estimate(fewest.value / each.value, fewest.low / each.high, fewest.high / each.low if each.low > 0 else math.inf)


def _lines(axes: Axes, series: dict[str, dict[int, Estimate]], threads: Sequence[int], low: float, high: float) -> None:
    """A line for each runtime, with intervals, each a little to the right of the one before so that none hides another."""
    aside = (threads[-1] - threads[0]) * 0.012
    for place, (points, colour) in enumerate(zip(series.values(), SERIES, strict=False)):
        numbers = sorted(points)
        xs = [number + aside * (place - (len(series) - 1) / 2) for number in numbers]
        axes.plot(xs, [points[number].value for number in numbers], "o-", color=colour, linewidth=2, markersize=6)
        for x, number in zip(xs, numbers, strict=True):
            ends = [max(points[number].low, low), min(points[number].high, high)]
            axes.plot([x, x], ends, color=colour, linewidth=4, alpha=0.35, solid_capstyle="butt")


def _threads(axes: Axes, threads: Sequence[int]) -> None:
    margin = (threads[-1] - threads[0]) * 0.06
    axes.set(xlim=(threads[0] - margin, threads[-1] + margin), xlabel="threads")
    axes.set_xticks(threads, list(map(str, threads)))
    axes.minorticks_off()
