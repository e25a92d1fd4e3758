"""Ratios with their intervals, a line for each: rows beside their baselines, or now beside then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ...html_tables import Html
from ..estimates import Estimate, estimate_text, interval_text
from .drawing import COLOURS, SMALL, Drawing, draw, fitted, log_ticks

__all__ = ["MOST_RATIOS", "Ratio", "ratios"]

MOST_RATIOS = 40  # lines of a picture
_WIDTH, _LEFT, _RIGHT, _TOP, _ROW, _BELOW = 760, 270, 175, 30, 20, 44


@dataclass(frozen=True)
class Ratio:
    """A line of the picture: what it is of, the ratio, and the colour of its mark, one of drawing.COLOURS' values."""

    name: str
    ratio: Estimate
    colour: str


def ratios(
    lines: Sequence[Ratio], name: str, axis: str, sides: tuple[str, str], legend: Sequence[tuple[str, str]] = (), floor: float = 0.0
) -> Html | None:
    """An SVG of ratios on a logarithmic axis named `axis`; None without lines. Those beyond MOST_RATIOS are not drawn.

    sides   what it means to lie left of 1 and right of 1
    legend  names of the marks' colours
    floor   how far from 1 a ratio may lie and still say nothing, as a share: lines at 1 + floor and 1 / (1 + floor), if not 0
    """
    shown = [line for line in lines if line.ratio.usable][:MOST_RATIOS]
    if not shown:
        return None
    low, high = _range(shown, floor)
    top = _TOP + (22 if legend else 0)

    def paint(drawing: Drawing) -> None:
        if legend:
            drawing.legend(legend, _LEFT, 4)
        wide, tall = _WIDTH - _LEFT - _RIGHT, len(shown) * _ROW
        axes = drawing.axes(_LEFT, top, wide, tall, "x")
        axes.set(xscale="log", xlim=(low, high), ylim=(len(shown), 0), yticks=[], xlabel=axis)
        ticks = log_ticks(low, high)
        if len(ticks) < 3:
            ticks = _close_ticks(low, high)
        axes.set_xticks(ticks, [f"{tick:.4g}" for tick in ticks])
        axes.minorticks_off()
        if floor:
            axes.axvspan(1 / (1 + floor), 1 + floor, color=COLOURS["soft"], linewidth=0, zorder=0.4)
        axes.axvline(1.0, color=COLOURS["ink"], linewidth=1)
        one = _LEFT + wide * math.log(1 / low) / math.log(high / low)
        drawing.text(one - 8, top - 8, sides[0], ha="right", size=SMALL, alpha=0.8)
        drawing.text(one + 8, top - 8, sides[1], size=SMALL, alpha=0.8)
        for row, line in enumerate(shown):
            y, colour = row + 0.5, line.colour
            left, right = max(line.ratio.low, low), min(line.ratio.high, high)
            axes.plot([left, right], [y, y], color=colour, linewidth=3, solid_capstyle="butt", alpha=0.6)
            (mark,) = axes.plot([line.ratio.value], [y], "o", markersize=7, color=colour)
            drawing.tip(mark, f"{fitted(line.name, 500)}: {_words(line.ratio)}")
            drawing.text(0, top + row * _ROW + 14, fitted(line.name, _LEFT - 12, SMALL, 0.7), size=SMALL)
            drawing.text(_WIDTH - _RIGHT + 12, top + row * _ROW + 14, fitted(_words(line.ratio), _RIGHT - 12, SMALL), size=SMALL)

    label = f"{axis}: " + "; ".join(f"{line.name} {_words(line.ratio)}" for line in shown)
    return draw(name, label, (_WIDTH, top + len(shown) * _ROW + _BELOW), paint)


def _words(ratio: Estimate) -> str:
    return f"{estimate_text(ratio)} ({interval_text(ratio)})"


def _range(lines: Sequence[Ratio], floor: float) -> tuple[float, float]:
    """Around 1 and all ratios, and around the intervals that are no wider than a factor of 1.5, or than what lies between the ratios."""
    values = [1.0, 1 + floor, 1 / (1 + floor), *(line.ratio.value for line in lines)]
    least, most = min(values), max(values)
    reach = max(most / least, 1.5)
    known = [line.ratio for line in lines if 0 < line.ratio.low <= line.ratio.high <= reach * line.ratio.low]
    low = min([least, *(ratio.low for ratio in known)])
    high = max([most, *(ratio.high for ratio in known)])
    margin = max((high / low) ** 0.05, 1.01)
    return low / margin, high * margin


def _close_ticks(low: float, high: float) -> list[float]:
    from matplotlib.ticker import MaxNLocator

    return [float(tick) for tick in MaxNLocator(6).tick_values(low, high) if low <= tick <= high]
