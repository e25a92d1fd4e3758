"""Which ops take the time of a model: a strip of all in their order, and the slowest with their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...html_tables import Html
from ...report.describe import time_text
from .drawing import COLOURS, SERIES, SMALL, Drawing, draw, fitted, text_width

if TYPE_CHECKING:
    from ...report.profile import OpTime

__all__ = ["MOST_OPS", "bound_colours", "bound_legend", "op_strip"]

MOST_OPS = 40  # that are named in a picture
_WIDTH, _ROW, _LEFT, _RIGHT, _TOP = 760, 20, 370, 110, 90
_LONGEST = 1e9  # seconds of an op: figures may come from a file, and then be anything


def bound_colours(ops: Sequence[OpTime]) -> dict[str | None, str]:
    """The colour of each bound that these ops have, always the same."""
    colours = {"compute": SERIES[0], "memory": SERIES[1], "dispatch": SERIES[2], "none": COLOURS["bar"], None: SERIES[0]}
    used = {op.bound for op in ops}
    return {bound: colour for bound, colour in colours.items() if bound in used}


def bound_legend(colours: dict[str | None, str]) -> list[tuple[str, str]]:
    """The names of those colours; of a single one that says nothing, none."""
    words = {"none": "near no limit", None: "limits not measured"}
    return [(words.get(bound, f"near the limit of {bound}"), colour) for bound, colour in colours.items()] if set(colours) - {None} else []


def op_strip(ops: Sequence[OpTime], name: str) -> Html:
    """The ops of a run as an SVG: above, the whole run with a piece for each op; below, the slowest, each with its share of the time."""
    ops = [op for op in ops if 0 <= op.seconds < _LONGEST]
    total = sum(op.seconds for op in ops) or 1.0
    slowest = sorted(ops, key=lambda op: (-op.seconds, op.index))
    shown, rest = slowest[:MOST_OPS], slowest[MOST_OPS:]
    rows = len(shown) + bool(rest)
    colours = bound_colours(ops)

    def paint(drawing: Drawing) -> None:
        drawing.legend(bound_legend(colours), 0, 4)
        _strip(drawing, ops, total, colours)
        _bars(drawing, shown, rest, total, colours)

    label = f"Time by op, {time_text(total)} in all: " + ", ".join(f"op {op.index} {op.name} {op.seconds / total:.0%}" for op in shown[:10])
    return draw(name, label, (_WIDTH, _TOP + rows * _ROW + 6), paint)


def _strip(drawing: Drawing, ops: Sequence[OpTime], total: float, colours: dict[str | None, str]) -> None:
    axes = drawing.axes(0, 26, _WIDTH, 34)
    axes.set(xlim=(0, total), ylim=(0, 1), xticks=[], yticks=[])
    start = 0.0
    gap = 1.0 * total / _WIDTH  # a pixel between two ops, of those that have two
    small: list[tuple[float, float, str]] = []
    for op in ops:
        wide = op.seconds / total * _WIDTH
        if wide < 1.5:
            if small and small[-1][2] == colours[op.bound] and abs(small[-1][0] + small[-1][1] - start) < total * 1e-9:
                small[-1] = (small[-1][0], small[-1][1] + op.seconds, colours[op.bound])
            else:
                small.append((start, op.seconds, colours[op.bound]))
        else:
            (bar,) = axes.barh(0.5, op.seconds - gap, 1, left=start, color=colours[op.bound], align="center")
            if wide >= 4:
                drawing.tip(bar, f"op {op.index} {op.name}, {_share(op.seconds / total)}")
            number = str(op.index)
            if text_width(number, SMALL) + 4 < wide:
                axes.text(start + (op.seconds - gap) / 2, 0.5, number, ha="center", va="center", color=COLOURS["paper"], size=SMALL)
        start += op.seconds
    for left, length, colour in small:
        axes.barh(0.5, length, 1, left=left, color=colour)
    drawing.text(0, 76, "Above: all ops in the order in which they run. Below: the slowest first.", size=SMALL)


def _bars(drawing: Drawing, shown: Sequence[OpTime], rest: Sequence[OpTime], total: float, colours: dict[str | None, str]) -> None:
    rows = len(shown) + bool(rest)
    others = sum(op.seconds for op in rest)
    axes = drawing.axes(_LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, rows * _ROW)
    most = max([op.seconds for op in shown] + [others]) or 1.0
    axes.set(xlim=(0, most), ylim=(rows, 0), xticks=[], yticks=[])
    for row, op in enumerate(shown):
        (bar,) = axes.barh(row + 0.5, op.seconds, 0.7, color=colours[op.bound])
        drawing.tip(bar, _words(op, total))
        _row(drawing, row, str(op.index), op.name, op.output, op.seconds, most, total)
    if rest:
        axes.barh(len(shown) + 0.5, others, 0.7, color=COLOURS["bar"])
        _row(drawing, len(shown), "", f"{len(rest)} more ops", "", others, most, total)


def _row(drawing: Drawing, row: int, number: str, operator: str, output: str, seconds: float, most: float, total: float) -> None:
    y = _TOP + row * _ROW + 14
    drawing.text(26, y, number, ha="right", size=SMALL)
    operator = fitted(operator, 152, SMALL)
    drawing.text(34, y, operator, size=SMALL)
    left = 34 + 160
    drawing.text(left, y, fitted(output, _LEFT - 8 - left, SMALL), size=SMALL, alpha=0.7)
    end = _LEFT + (_WIDTH - _LEFT - _RIGHT) * seconds / most
    drawing.text(end + 6, y, f"{_share(seconds / total)} · {time_text(seconds)}", size=SMALL)


def _share(share: float) -> str:
    return f"{share:.1%}" if share >= 0.0005 or not share else "<0.1%"


def _words(op: OpTime, total: float) -> str:
    bound = "" if op.bound is None else f", near {'no limit' if op.bound == 'none' else f'the limit of {op.bound}'}"
    return f"op {op.index} {op.name}, {fitted(op.output, 400)}: {time_text(op.seconds)}, {_share(op.seconds / total)}{bound}"
