"""How fast each op is, and how fast the machine lets it be: operations per second over operations per byte."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...html_tables import Html
from ...report.describe import time_text
from .drawing import COLOURS, SMALL, Drawing, can_be_drawn, draw, fitted, log_ticks, text_width
from .op_strip import MOST_OPS, bound_colours, bound_legend

if TYPE_CHECKING:
    from ...report.peaks import Peaks
    from ...report.profile import OpTime

__all__ = ["roofline"]

_WIDTH, _HEIGHT, _LEFT, _TOP, _BELOW, _RIGHT = 760, 440, 56, 30, 48, 16
_ACROSS, _UP = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BELOW  # pixels of the axes
_NAMED = 10  # dots with their names beside them
_OTHER_RATE = 1.5  # a cache has a line of its own if it is this many times as fast as the memory

Box = tuple[float, float, float, float]  # left, lower, right and upper edge, in pixels from the lower left of the axes


def roofline(ops: Sequence[OpTime], peaks: Peaks | None, name: str) -> Html | None:
    """The ops as dots in an SVG, by logarithms, of areas that are their times; None if none has operations and bytes."""
    counted = [op for op in ops if op.work.bytes > 0 and can_be_drawn(op.seconds) and all(map(can_be_drawn, (_rate(op), _intensity(op))))]
    if not counted:
        return None
    counted.sort(key=lambda op: (-op.seconds, op.index))

    def paint(drawing: Drawing) -> None:
        _Chart(drawing, counted, peaks).draw()

    label = f"Roofline of {len(counted)} ops: " + ", ".join(f"op {op.index} {op.name} {_rates(op)}" for op in counted[:10])
    return draw(name, label, (_WIDTH, _HEIGHT), paint)


def _count(op: OpTime) -> int:
    return sum(op.work.operations.values())


def _rate(op: OpTime) -> float:
    """Operations a second."""
    return _count(op) / op.seconds


def _intensity(op: OpTime) -> float:
    """Operations per byte."""
    return _count(op) / op.work.bytes


def _rates(op: OpTime) -> str:
    return f"{_rate(op) / 1e9:.3g} GOP/s at {_intensity(op):.3g} operations per byte"


class _Chart:
    """The axes, what lies where in them, and the places that words have taken."""

    def __init__(self, drawing: Drawing, ops: Sequence[OpTime], peaks: Peaks | None) -> None:
        self.drawing, self.ops = drawing, ops
        kinds = {kind for op in ops for kind in op.work.operations}
        self.peaks = (
            {} if peaks is None else {kind: rate for kind, rate in peaks.operations.items() if kind in kinds and can_be_drawn(rate)}
        )
        self.memory = [] if peaks is None else [level for level in peaks.bandwidth if can_be_drawn(level.rate)]
        if self.memory:
            fastest, slowest = max(self.memory, key=lambda level: level.rate), self.memory[-1]
            self.memory = [slowest] + ([fastest] if fastest.rate > _OTHER_RATE * slowest.rate else [])
        xs = [_intensity(op) for op in ops] + [rate / level.rate for rate in self.peaks.values() for level in self.memory]
        ys = [_rate(op) for op in ops] + list(self.peaks.values())
        self.left, self.right = min(xs) / 2, max(xs) * 2.5
        self.low, self.top = max(min(ys) / 2, max(ys) * 1e-7), max(ys) * 2
        self.axes = drawing.axes(_LEFT, _TOP, _ACROSS, _UP, "both")
        self.taken: list[Box] = []
        self.numbers: list[tuple[float, float]] = []  # where they are inside of dots
        self.colours = bound_colours(ops)

    def draw(self) -> None:
        self.drawing.legend(bound_legend(self.colours), _LEFT, 4)
        self.axes.set(xscale="log", yscale="log", xlim=(self.left, self.right), ylim=(self.low, self.top))
        self.axes.set(xlabel="operations per byte", ylabel="GOP/s")
        x_ticks, y_ticks = log_ticks(self.left, self.right), log_ticks(self.low / 1e9, self.top / 1e9)
        self.axes.set_xticks(x_ticks, [f"{tick:g}" for tick in x_ticks])
        self.axes.set_yticks([tick * 1e9 for tick in y_ticks], [f"{tick:g}" for tick in y_ticks])
        self.axes.minorticks_off()
        for level in self.memory:
            self._slope(level.rate, f"{'memory' if level is self.memory[0] else 'cache'}: {level.rate / 1e9:.3g} GB/s")
        for kind, rate in sorted(self.peaks.items(), key=lambda item: -item[1]):
            self._roof(rate, f"{kind}: {rate / 1e9:.3g} GOP/s")
        self._dots()

    def _x(self, intensity: float) -> float:
        return _ACROSS * math.log(intensity / self.left) / math.log(self.right / self.left)

    def _y(self, rate: float) -> float:
        return _UP * math.log(rate / self.low) / math.log(self.top / self.low)

    def _words(self, x: float, y: float, words: str, **options: Any) -> None:
        """A text whose anchor is in pixels."""
        self.axes.text(x / _ACROSS, y / _UP, words, transform=self.axes.transAxes, size=SMALL, **options)

    def _line(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """A limit, from one (operations per byte, operations a second) to another. No words are put across it."""
        self.axes.plot(*zip(start, end, strict=True), color=COLOURS["ink"], linewidth=1.5)
        x, y, to_x, to_y = self._x(start[0]), self._y(start[1]), self._x(end[0]), self._y(end[1])
        count = max(int(math.hypot(to_x - x, to_y - y) / 8), 1)
        points = [(x + (to_x - x) * step / count, y + (to_y - y) * step / count) for step in range(count + 1)]
        self.taken += [(px - 2, py - 2, px + 2, py + 2) for px, py in points]

    def _roof(self, rate: float, words: str) -> None:
        """The most operations a second, from where memory does not limit them."""
        start = max(self.left, rate / max((level.rate for level in self.memory), default=math.inf))
        self._line((start, rate), (self.right, rate))
        y, length = self._y(rate), text_width(words, SMALL)
        above, below = (_ACROSS - length, y + 3, _ACROSS, y + 15), (_ACROSS - length, y - 14, _ACROSS, y - 3)
        box = below if any(_meet(above, other) for other in self.taken) else above
        self._words(_ACROSS, box[1] + 2, words, ha="right")
        self.taken.append(box)

    def _slope(self, rate: float, words: str) -> None:
        """The operations a second that so many bytes a second allow."""
        end = min(self.right, max(self.peaks.values(), default=self.top) / rate)
        start = max(self.left, self.low / rate)
        if start >= end:
            return
        self._line((start, start * rate), (end, end * rate))
        x, y, to_x, to_y = self._x(start), self._y(start * rate), self._x(end), self._y(end * rate)
        length, angle = text_width(words, SMALL), math.atan2(to_y - y, to_x - x)
        if math.hypot(to_x - x, to_y - y) < length + 20:
            return
        across, up = math.cos(angle), math.sin(angle)
        x, y = (x + to_x - length * across) / 2 - 5 * up, (y + to_y - length * up) / 2 + 5 * across
        self._words(x, y, words, rotation=math.degrees(angle), rotation_mode="anchor")
        for step in range(0, int(length), 8):  # a slanted text is a row of boxes
            self.taken.append((x + step * across - 8, y + step * up - 2, x + step * across + 8, y + step * up + 12))

    def _dots(self) -> None:
        total = sum(op.seconds for op in self.ops)
        shown = [  # of whole sizes: dots of one size and colour share a path
            (op, self._x(_intensity(op)), self._y(_rate(op)), max(4, round(48 * math.sqrt(op.seconds / total))))
            for op in self.ops[:MOST_OPS]
        ]
        for op, x, y, size in shown:
            (dot,) = self.axes.plot(
                [_intensity(op)], [_rate(op)], "o", markersize=size, markerfacecolor=self.colours[op.bound],
                markeredgecolor=COLOURS["paper"], markeredgewidth=1, alpha=0.8,
            )  # fmt: skip
            self.drawing.tip(dot, f"op {op.index} {op.name}, {fitted(op.output, 400)}: {time_text(op.seconds)}, {_rates(op)}")
            self.taken.append((x - size / 2, y - size / 2, x + size / 2, y + size / 2))
        for bound, colour in self.colours.items():
            others = [op for op in self.ops[MOST_OPS:] if op.bound == bound]
            self.axes.plot([_intensity(op) for op in others], [_rate(op) for op in others], "o", markersize=4, color=colour, alpha=0.6)
        for op, x, y, size in shown[:_NAMED]:
            self._name(op, x, y, size)

    def _name(self, op: OpTime, x: float, y: float, size: float) -> None:
        """Number and name of an op beside its dot, or its number in it, or nothing, as there is room."""
        words = fitted(f"{op.index} {op.name}", 200, SMALL)
        length, away = text_width(words, SMALL), size / 2 + 4
        for dx, dy in ((away, -4), (-length - away, -4), (-length / 2, away), (-length / 2, -away - 10)):
            box = (x + dx, y + dy - 2, x + dx + length, y + dy + 10)
            inside = box[0] >= 0 and box[1] >= 0 and box[2] <= _ACROSS and box[3] <= _UP
            if inside and not any(_meet(box, other) for other in self.taken):
                self.taken.append(box)
                self._words(x + dx, y + dy, words)
                return
        covered = any(math.hypot(x - other[0], y - other[1]) < size for other in self.numbers)
        if text_width(str(op.index), SMALL) + 2 < size and not covered:
            self.numbers.append((x, y))
            self._words(x, y, str(op.index), ha="center", va="center", color=COLOURS["paper"])


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
