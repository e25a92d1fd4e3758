"""What a comparison of two benchmarks has found, and how it is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .estimates import Estimate, estimate_text, percent_interval_text, percent_text
from .grid import Grid
from .records import BenchRow, Figures

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["FASTER", "SAME", "SLOWER", "UNSURE", "VERDICTS", "Change", "Comparison", "NotCompared"]

SLOWER, FASTER, SAME, UNSURE = "slower", "faster", "no change", "cannot tell"
VERDICTS = (SLOWER, FASTER, UNSURE, SAME)  # as they are listed


@dataclass
class Change:
    """A row of both benchmarks.

    before, row  the older one and the newer one
    then, now    tinylite's seconds
    change       the newer time by the older one, divided by the same of the baseline if there is one: 1.08 is 8 % slower
    baseline     the name of the baseline that both were divided by; "" where times themselves were compared
    noise        half the width of the interval of the change, or how far older figures differ if that is more, as a share
    limit        how large a change has to be to count, as a share: `fail_above`, or three times the noise if that is more
    verdict      SLOWER, FASTER, SAME, or UNSURE: within the limit, and with the noise it may be as much as `fail_above`
    again        the change as `confirm` found it, measured again
    reason       what else there is to say of the verdict
    """

    before: BenchRow
    row: BenchRow
    then: Estimate
    now: Estimate
    change: Estimate
    baseline: str
    noise: float
    limit: float
    verdict: str
    again: Estimate | None = None
    reason: str = ""


@dataclass
class NotCompared:
    """A row of one of the benchmarks that the other has nothing to compare with."""

    row: BenchRow
    reason: str


@dataclass(repr=False)
class Comparison:
    """Two benchmarks compared: `changes` with those that moved most first, and what could not be compared.

    `notes` says what else differs between the two. `history` are older benchmarks, from which only noise was learned.
    """

    old: Figures
    new: Figures
    fail_above: float
    changes: list[Change]
    not_compared: list[NotCompared] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    history: list[Figures] = field(default_factory=list)

    @property
    def slower(self) -> list[Change]:
        """Those that have become slower; with `confirm`, those that were so twice."""
        return [each for each in self.changes if each.verdict == SLOWER]

    @property
    def unsure(self) -> list[Change]:
        """Those that could not be told: they may have changed by as much as `fail_above`, and that is within their noise."""
        return [each for each in self.changes if each.verdict == UNSURE]

    @property
    def failed(self) -> bool:
        """Whether a gate should be red."""
        return bool(self.slower)

    def grid(self) -> Grid:
        """The table that all forms show: those that moved most first."""
        head = ["name", "kind", "threads", "then", "now", "change", "95 % interval", "counts from", "beside", "verdict"]
        rows = [
            [
                each.row.title, each.row.kind, f"{each.row.threads}", estimate_text(each.then, "s"), estimate_text(each.now, "s"),
                percent_text(each.change), percent_interval_text(each.change), _limit_text(each.limit), each.baseline,
                each.verdict,
            ]
            for each in self.changes
        ]  # fmt: skip
        return Grid(f"{self.summary()} {self.old.measured} and {self.new.measured}, {self.new.machine}", head, rows, self._notes())

    def summary(self) -> str:
        """One sentence: how many rows have which verdict."""
        counts = {verdict: sum(each.verdict == verdict for each in self.changes) for verdict in VERDICTS}
        parts = [f"{count} {verdict}" for verdict, count in counts.items() if count]
        parts += [f"{len(self.not_compared)} not compared"] if self.not_compared else []
        return f"{', '.join(parts)}."

    def markdown(self) -> str:
        """For a comment on a change."""
        return self.grid().markdown()

    def __rich__(self) -> RenderableType:
        return self.grid().rich()

    def _repr_html_(self) -> str:
        return self.grid().html()

    def __repr__(self) -> str:
        return f"<Comparison: {self.summary()[:-1]}>"

    def _notes(self) -> list[str]:
        notes = ["A change is of tinylite's time; beside a baseline, it is divided by the change of the baseline's."]
        notes += [f"{each.row.label}: {each.verdict}, {each.reason}" for each in self.changes if each.reason]
        notes += [f"{each.row.label} was not compared: {each.reason}" for each in self.not_compared]
        return [*notes, *self.notes]


def _limit_text(limit: float) -> str:
    """A share in percent: a limit of a hundred percent or more, which three times a wide noise is, has no digit after the point."""
    return "unknown" if limit == math.inf else f"{limit * 100:.{1 if limit < 1 else 0}f} %"
