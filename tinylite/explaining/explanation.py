"""What an explanation is: terms, stages and results, and the tables that show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Derivation", "Explanation", "Number", "Outcome", "Section", "Stage", "Taps"]

Number = int | float | np.floating[Any]
# A title, the headers of the columns, and rows of texts.
Section = tuple[str, list[str], list[list[str]]]

_SHOWN_TAPS = 24


class Stage(NamedTuple):
    """A value on the way to the result.

    value    Python's int; numpy's float32 where it is computed in single precision, and Python's float where in double
    how      how it came about
    setting  whether it follows from the model alone, as a multiplier does, and not from what the op was fed
    """

    name: str
    value: Number
    how: str
    setting: bool = False


class Taps(NamedTuple):
    """The terms that a sum, or whatever else is made of many elements, consists of: a row for each, in the order of the kernel.

    Cells are numbers, or indices as tuples. `note` says what has no row.
    """

    headers: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    note: str = ""


class Derivation(NamedTuple):
    """How one element was computed."""

    stages: Sequence[Stage]
    result: Number
    taps: Taps | None = None


@dataclass(frozen=True)
class Outcome:
    """An arithmetic and how it computes the element, or why that cannot be said. `result` may be known all the same."""

    arithmetic: str
    derivation: Derivation | None = None
    refused: str = ""
    result: Number | None = None

    def parts_from(self, other: Outcome) -> tuple[str, Number, Number] | None:
        """The first stage that both have and where they differ, with both values; None where results are the same, or one has none."""
        if self.derivation is None or other.derivation is None or _same(self.derivation.result, other.derivation.result):
            return None
        theirs = {stage.name: stage for stage in other.derivation.stages if not stage.setting}
        for stage in self.derivation.stages:
            match = theirs.get(stage.name)
            if match is not None and not stage.setting and not _same(stage.value, match.value):
                return stage.name, stage.value, match.value
        return None


@dataclass(frozen=True)
class Explanation:
    """How one element of an op's output came about.

    model      where the model is from, or ""
    graph, op  numbers of the graph and the op, as `tinylite inspect` counts them; `code` is the operator
    output     the number of the output among the op's; `name`, `type` and `shape` are the tensor's
    at         the index of the element
    operands   a row for each tensor of the op: role, name, type, shape, scale, zero point
    outcomes   one for each arithmetic, the first being the one that the model was run with up to this op
    real       the number that the result stands for, if the output has a scale
    """

    model: str
    graph: int
    op: int
    code: str
    output: int
    name: str
    type: str
    shape: tuple[int, ...]
    at: tuple[int, ...]
    operands: tuple[tuple[str, ...], ...]
    outcomes: tuple[Outcome, ...]
    real: float | None = None

    @property
    def derivation(self) -> Derivation:
        """That of the first arithmetic."""
        found = self.outcomes[0].derivation
        assert found is not None
        return found

    @property
    def taps(self) -> Taps | None:
        return self.derivation.taps

    @property
    def stages(self) -> Sequence[Stage]:
        return self.derivation.stages

    @property
    def result(self) -> Number:
        return self.derivation.result

    @property
    def title(self) -> str:
        return f"op {self.op} {self.code}: output {self.output} {self.name!r} {self.type} {list(self.shape)} at {cell(self.at)}"

    def sections(self, most: int | None = _SHOWN_TAPS) -> list[Section]:
        """The tables that show it: (title, headers, rows of texts). Of the terms, the first and last of `most`, or with None all."""
        found: list[Section] = [
            (self.title, ["tensor", "name", "type", "shape", "scale", "zero point"], [list(row) for row in self.operands])
        ]
        taps = self.taps
        if taps is not None:
            note = f"; {taps.note}" if taps.note else ""
            found.append((f"{len(taps.rows)} taps{note}", list(taps.headers), _cut(taps.rows, most)))
        real = "" if self.real is None else f", which stands for {self.real:.9g}"
        stages = [[stage.name, cell(stage.value), stage.how] for stage in self.stages]
        found.append((f"{self.outcomes[0].arithmetic}: {cell(self.result)}{real}", ["stage", "value", "how"], stages))
        if len(self.outcomes) > 1:
            found += [self._side_by_side(), self._partings()]
        return found

    def _side_by_side(self) -> Section:
        """Values by stages, a column for all arithmetics that have the same."""
        columns: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for outcome in self.outcomes:
            if outcome.derivation is not None:
                values = tuple((stage.name, cell(stage.value)) for stage in outcome.derivation.stages)
                columns.setdefault(values, []).append(outcome.arithmetic)
        names: list[str] = []
        for values in columns:
            after = 0
            for name, _ in values:
                if name not in names:
                    names.insert(after, name)
                after = names.index(name) + 1
        found = [dict(values) for values in columns]
        rows = [[name, *(column.get(name, "") for column in found)] for name in names]
        return "side by side", ["stage", *map(", ".join, columns.values())], rows

    def _partings(self) -> Section:
        first = self.outcomes[0]
        rows = []
        for outcome in self.outcomes:
            result = "" if outcome.result is None else cell(outcome.result)
            if outcome.derivation is None:
                rows.append([outcome.arithmetic, result, outcome.refused])
            elif outcome is first:
                rows.append([outcome.arithmetic, result, ""])
            else:
                parting = outcome.parts_from(first)
                difference = (
                    f"parts at {parting[0]!r}: {cell(parting[1])} where {first.arithmetic} has {cell(parting[2])}"
                    if parting
                    else "the same"
                )
                rows.append([outcome.arithmetic, result, difference])
        return "results", ["arithmetic", "result", f"against {first.arithmetic}"], rows

    def plain(self) -> dict[str, Any]:
        """All of it as what JSON can hold; indices are lists."""
        return {
            "model": self.model, "graph": self.graph, "op": self.op, "code": self.code, "output": self.output, "name": self.name,
            "type": self.type, "shape": list(self.shape), "at": list(self.at), "result": _plain(self.result), "real": self.real,
            "operands": [dict(zip(("tensor", "name", "type", "shape", "scale", "zero_point"), row, strict=True)) for row in self.operands],
            "arithmetics": [_plain_outcome(outcome, self.outcomes[0]) for outcome in self.outcomes],
        }  # fmt: skip


def _plain_outcome(outcome: Outcome, first: Outcome) -> dict[str, Any]:
    derivation = outcome.derivation
    if derivation is None:
        return {"arithmetic": outcome.arithmetic, "refused": outcome.refused, "result": _plain(outcome.result)}
    parting, taps = outcome.parts_from(first), derivation.taps
    return {
        "arithmetic": outcome.arithmetic, "result": _plain(derivation.result), "parts_at": parting and parting[0],
        "taps": None if taps is None else {"headers": list(taps.headers), "rows": _plain(taps.rows), "note": taps.note},
        "stages": [{"name": stage.name, "value": _plain(stage.value), "how": stage.how} for stage in derivation.stages],
    }  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _cut(rows: Sequence[tuple[Any, ...]], most: int | None) -> list[list[str]]:
    """The rows as texts; of more than `most`, the first and the last, with a row between that says how many are left out."""
    if most is None or len(rows) <= most:
        return [list(map(cell, row)) for row in rows]
    head, tail = (most + 1) // 2, most // 2
    gap = [f"... {len(rows) - head - tail} more", *[""] * (len(rows[0]) - 1)]
    return [*(list(map(cell, row)) for row in rows[:head]), gap, *(list(map(cell, row)) for row in rows[len(rows) - tail :])]


def _same(a: Number, b: Number) -> bool:
    return bool(a == b or (a != a and b != b))


def cell(value: Any) -> str:
    """A number with all digits that it has in its own precision, or an index as `--at` takes it."""
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "()"
    return str(value)
