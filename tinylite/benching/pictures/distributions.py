"""All rounds of a row, a lane for each runtime: how far times spread, and whether launches differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...html_tables import Html
from ..estimates import Estimate, estimate_text, interval_text
from ..records import Measurement
from .drawing import COLOURS, SERIES, SIZE, SMALL, Drawing, can_be_drawn, draw, fitted, log_ticks, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["distributions"]

_WIDTH, _LEFT, _RIGHT, _TOP, _BELOW = 760, 170, 16, 8, 44
_LAUNCH, _HEAD = 11, 24  # pixels of a launch, and of a runtime above its launches
_MOST_LAUNCHES, _MOST_ROUNDS, _MOST_RUNTIMES = 12, 240, 12  # rounds: of all launches of a runtime
_APART = 3.0  # medians of runtimes that differ by this factor need a logarithmic axis
_SLOW = 0.97  # of rounds: those that are slower still are counted, not drawn


def distributions(measurements: Sequence[Measurement], name: str) -> Html | None:
    """A mark for each round in an SVG, a line of marks for each launch, and the median with its interval; None without rounds.

    Of many rounds quantiles are drawn, and of many launches some from the fastest to the slowest.
    """
    found = [
        (each.name, each.seconds, rounds)
        for each in measurements
        if each.seconds is not None and each.seconds.usable and (rounds := _rounds(each))
    ][:_MOST_RUNTIMES]
    if not found:
        return None
    launches = [_shown(rounds) for _, _, rounds in found]
    heights = [_HEAD + _LAUNCH * max(len(lanes), 2) + 8 for lanes in launches]
    low, high = _range(found)
    medians = [seconds.value for _, seconds, _ in found]
    logarithmic = max(medians) > _APART * min(medians)

    def paint(drawing: Drawing) -> None:
        axes = drawing.axes(_LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, sum(heights), "x")
        axes.set(xlim=(low, high), ylim=(sum(heights), 0), yticks=[], xscale="log" if logarithmic else "linear")
        _ticks(axes, low, high, logarithmic)
        top = 0
        for number, ((runtime, seconds, rounds), lanes, height) in enumerate(zip(found, launches, heights, strict=True)):
            colour = SERIES[number % len(SERIES)]
            drawing.text(0, _TOP + top + 17, fitted(runtime, _LEFT - 10), weight="bold")
            slower = _lanes(axes, lanes, top, high, colour)
            words = f"{sum(map(len, rounds))} rounds" + (f", {len(rounds)} launches" if len(rounds) > 1 else "")
            drawing.text(0, _TOP + top + 33, words, size=SMALL, alpha=0.7)
            if slower:
                drawing.text(0, _TOP + top + 48, f"{slower} slower, not shown", size=SMALL, alpha=0.7)
            _estimate(axes, seconds, top, low, high, colour)
            top += height

    words = "; ".join(f"{runtime} {_median(seconds)} of {sum(map(len, rounds))} rounds" for runtime, seconds, rounds in found)
    return draw(name, f"Times of rounds: {words}", (_WIDTH, _TOP + sum(heights) + _BELOW), paint)


def _rounds(each: Measurement) -> list[np.ndarray]:
    """The rounds of each launch, without what is no time."""
    launches = [np.array([seconds for seconds in launch if can_be_drawn(seconds)]) for launch in each.launches]
    return [launch for launch in launches if launch.size]


def _median(seconds: Estimate) -> str:
    return f"{estimate_text(seconds, 's')} ({interval_text(seconds, 's')})"


def _shown(launches: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The launches that are drawn: all, or of many some from the fastest to the slowest."""
    if len(launches) <= _MOST_LAUNCHES:
        return list(launches)
    ordered = sorted(launches, key=lambda launch: float(np.median(launch)))
    return [ordered[round(place)] for place in np.linspace(0, len(ordered) - 1, _MOST_LAUNCHES)]


def _range(found: Sequence[tuple[str, Estimate, list[np.ndarray]]]) -> tuple[float, float]:
    """Of the axis: all rounds but the slowest of each runtime, and its median."""
    lows, highs = [], []
    for _, seconds, launches in found:
        rounds = np.concatenate(launches)
        lows += [float(rounds.min()), seconds.value]
        highs += [float(np.quantile(rounds, _SLOW)), seconds.value]
    low, high = min(lows), max(highs)
    margin = max((high - low) * 0.04, high * 1e-3)
    return max(low - margin, low / 1.2), high + margin


def _ticks(axes: Axes, low: float, high: float, logarithmic: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    ticks = log_ticks(low, high) if logarithmic else []
    if len(ticks) < 2:
        ticks = [tick for tick in MaxNLocator(7).tick_values(low, high) if low <= tick <= high]
    scale, unit = next(((scale, unit) for scale, unit in ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")) if high >= scale), (1e-9, "ns"))
    axes.set_xticks(ticks, [f"{tick / scale:.6g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel(f"{unit} a run")


def _lanes(axes: Axes, launches: Sequence[np.ndarray], top: float, high: float, colour: str) -> int:
    """A line of marks for each launch. Returns how many rounds are slower than what is shown."""
    slower, most = 0, _MOST_ROUNDS // len(launches)
    for number, launch in enumerate(launches):
        slower += int(np.count_nonzero(launch > high))
        rounds = launch if launch.size <= most else np.quantile(launch, np.linspace(0, 1, most))
        rounds = rounds[rounds <= high]
        y = top + _HEAD + number * _LAUNCH
        xs = np.repeat(rounds, 3)
        ys = np.tile([y, y + _LAUNCH - 3, np.nan], rounds.size)
        axes.plot(xs, ys, color=colour, linewidth=1, alpha=0.55)
    return slower


def _estimate(axes: Axes, seconds: Estimate, top: float, low: float, high: float, colour: str) -> None:
    """The interval as a thick line above the launches, and the median as a mark on it."""
    value, middle = seconds.value, top + 14
    left, right = max(seconds.low, low), min(seconds.high, high)
    if math.isfinite(seconds.high) and left < right:
        axes.plot([left, right], [middle] * 2, color=colour, linewidth=4, solid_capstyle="butt")
    axes.plot([value] * 2, [middle - 6, middle + 6], color=COLOURS["ink"], linewidth=2, solid_capstyle="butt")
    words, wide = _median(seconds), _WIDTH - _LEFT - _RIGHT
    room = 12 + text_width(words, SIZE)
    start, end = (wide * _position(axes, x) for x in (min(max(left, low), value), max(min(right, high), value)))
    x = end + 8 if end + room <= wide else start - room + 4 if start >= room else wide - room
    axes.text(x / wide, middle, words, transform=axes.get_yaxis_transform(), va="center")


def _position(axes: Axes, x: float) -> float:
    """Where a value is, from 0 at the left to 1."""
    low, high = axes.get_xlim()
    return math.log(x / low) / math.log(high / low) if axes.get_xscale() == "log" else (x - low) / (high - low)
