"""Where the tensors of a run lie in memory, and from which step to which."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from ...html_tables import Html
from ...limits import size_text
from .drawing import COLOURS, SERIES, SMALL, Drawing, draw, fitted, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ...report.memory import MemoryUse, Placed

__all__ = ["MOST_BLOCKS", "memory_plan"]

MOST_BLOCKS = 120  # that are drawn, the largest
_MOST_TIPS = 60
_LARGEST = 1 << 62  # bytes: plans may come from a file, and then be anything
_NAME = 50  # pixels that a name needs to say anything
_WIDTH, _LEFT, _RIGHT, _TOP, _HEIGHT, _BELOW = 760, 70, 16, 12, 340, 44


def memory_plan(use: MemoryUse, name: str) -> Html | None:
    """Tensors as rectangles in an SVG, steps to the right and addresses upwards; None without any bytes.

    Where a run goes through several arenas, one follows the other to the right, with a line between.
    """
    lengths = [max(len(steps), 1) for steps in use.steps]
    largest = [
        block for block in use.plan if 0 <= block.arena < len(lengths) and 0 < block.size < _LARGEST and 0 <= block.offset < _LARGEST
    ]
    if not largest:
        return None
    largest.sort(key=lambda block: (-block.size, block.arena, block.offset))
    shown = largest[:MOST_BLOCKS]
    starts = [0, *itertools.accumulate(lengths)]
    last, top = starts[-1], max(block.offset + block.size for block in largest)

    def paint(drawing: Drawing) -> None:
        wide = _WIDTH - _LEFT - _RIGHT
        axes = drawing.axes(_LEFT, _TOP, wide, _HEIGHT, "y")
        axes.set(xlim=(0, last), ylim=(0, top), xlabel="step")
        _ticks(axes, top)
        for number, block in enumerate(shown):
            end = min(max(block.last + 1, 0), lengths[block.arena])
            first = min(max(block.first, 0), end)
            left = starts[block.arena] + first
            (bar,) = axes.barh(
                block.offset, end - first, block.size, left=left, align="edge", color=SERIES[number % len(SERIES)], alpha=0.75,
                edgecolor=COLOURS["paper"], linewidth=0.7,
            )  # fmt: skip
            if number < _MOST_TIPS:
                drawing.tip(bar, _words(block))
            room, tall = wide * (end - first) / last - 8, _HEIGHT * block.size / top
            if tall >= 13 and room >= 60:
                size = size_text(block.size)
                left_for_name = room - text_width(f" {size}", SMALL)
                words = f"{fitted(block.name, left_for_name, SMALL)} {size}" if left_for_name >= _NAME else size
                axes.text(
                    left + (end - first) / 2, block.offset + block.size / 2, words, size=SMALL, ha="center", va="center",
                    color=COLOURS["paper"],
                )  # fmt: skip
        for start in starts[1:-1]:
            axes.axvline(start, color=COLOURS["ink"], linewidth=1)

    label = f"Memory plan: {size_text(top)} in {last} steps, {len(largest)} tensors; the largest: {'; '.join(map(_words, shown[:5]))}"
    return draw(name, label, (_WIDTH, _TOP + _HEIGHT + _BELOW), paint)


def _words(block: Placed) -> str:
    steps = f"step {block.first}" if block.first == block.last else f"steps {max(block.first, 0)} to {block.last}"
    return f"{fitted(block.name, 400)}: {size_text(block.size)} at {block.offset}, {steps}"


def _ticks(axes: Axes, top: int) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    ticks = [tick for tick in MaxNLocator(6).tick_values(0, top) if 0 <= tick <= top]
    axes.set_yticks(ticks, [size_text(int(tick)) for tick in ticks])
