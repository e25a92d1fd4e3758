"""Figures compared with older ones, and the gate: which rows have become slower beyond their own noise.

What is compared is tinylite's ratio to a baseline of the same run, where both have one: a machine that is slower today makes both
slower. A row is slower only beyond the larger of a floor and three times its own noise, and `confirm` asks that it is so again.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Iterable, Sequence

from ..errors import SettingError, quoted
from .comparison import FASTER, SAME, SLOWER, UNSURE, VERDICTS, Change, Comparison, NotCompared
from .estimates import Estimate, percent_text, quotient
from .records import BenchRow, Figures, Measurement

__all__ = ["check_comparable", "compare", "confirm", "regressions"]

_NOISES = 3  # how many times its own noise a change has to be, to count
_USELESS = 0.5  # where that is more than this share, a row says nothing

_Key = tuple[str, str, str, str, int, int | None, tuple[tuple[str, tuple[int, ...]], ...]]


def compare(old: Figures, new: Figures, fail_above: float = 0.05, history: Iterable[Figures] = ()) -> Comparison:
    """Compare tinylite's times. `fail_above` is the least share by which a row has to be slower to count, such as 0.05.

    Rows are paired by kind, name, model bytes, the model they are part of, threads, batch and shapes. `history` are older benchmarks
    of the same rows: how far their figures differ adds to what counts as noise. Raises SettingError, with the reason, where CPU, system,
    target of the kernels, arithmetic or the `cpu` setting differ, or no row can be compared.
    """
    if isinstance(fail_above, bool) or not isinstance(fail_above, (int, float)) or not 0 < fail_above < math.inf:
        raise SettingError(f"fail_above is {quoted(fail_above)}", "Give a share above 0, such as 0.05 for 5 %")
    check_comparable(old, new)
    past, left_out = [], []
    for each in history:
        reasons = _incomparable(each, new)
        if reasons:
            left_out.append(f"The figures of {each.measured} are left out, and say nothing of noise: {'; '.join(reasons)}")
        else:
            past.append(each)
    found = Comparison(old, new, fail_above, [], [], _notes(old, new) + left_out, past)
    older = _by_key(old.rows)
    pasts = [_by_key(each.rows) for each in past]
    for row in new.rows:
        before = older.get(_key(row), [])
        if not before:
            found.not_compared.append(NotCompared(row, _why_alone(row, old.rows)))
            continue
        change = _change(found, before.pop(0), row, [each for rows in pasts for each in rows.get(_key(row), [])])
        if isinstance(change, Change):
            found.changes.append(change)
        else:
            found.not_compared.append(NotCompared(row, change))
    alone = [each.row for each in found.not_compared]
    keys = {_key(row) for row in new.rows}
    found.not_compared += [
        NotCompared(row, "it was measured then, and not now") for row in old.rows if _key(row) not in keys and not _near(row, alone)
    ]
    if not found.changes:
        told = [f"{each.row.name}: {each.reason}" for each in found.not_compared[:5]] or ["there are no rows"]
        raise SettingError(f"no row can be compared: {'; '.join(told)}", "Measure the same models, beside the same baselines, as then")
    found.changes.sort(key=_order)
    return found


def check_comparable(old: Figures, new: Figures) -> None:
    """Raise SettingError, with the reason, where no row of the two can be compared, whatever the rows are: before they are measured."""
    reasons = _incomparable(old, new)
    if reasons:
        raise SettingError(
            f"the figures cannot be compared: {'; '.join(reasons)}", "Measure the older ones again, here and in the same way"
        )


def regressions(comparison: Comparison) -> list[BenchRow]:
    """The rows to measure again, in the same way, before a gate is red: `confirm` takes what that finds."""
    return [each.row for each in comparison.slower]


def confirm(comparison: Comparison, again: Figures) -> Comparison:
    """The comparison with only those rows slower that `again`, a newer benchmark of `regressions(comparison)`, finds slower too.

    Of those that it cannot compare, nothing can be told.
    """
    try:
        second = compare(comparison.old, again, comparison.fail_above, comparison.history)
    except SettingError:
        second = dataclasses.replace(comparison, changes=[])
    seen = {_key(each.row): each for each in second.changes}
    changes = [_confirmed(each, seen.get(_key(each.row))) if each.verdict == SLOWER else each for each in comparison.changes]
    return dataclasses.replace(comparison, changes=sorted(changes, key=_order))


def _confirmed(first: Change, second: Change | None) -> Change:
    if second is None:
        return dataclasses.replace(first, verdict=UNSURE, reason="it could not be measured again")
    if second.verdict == SLOWER:
        return dataclasses.replace(first, again=second.change, reason=f"and {percent_text(second.change)} when it was measured again")
    verdict = UNSURE if second.verdict == UNSURE else SAME
    reason = f"{percent_text(first.change)} at first, {percent_text(second.change)} when it was measured again"
    return dataclasses.replace(first, again=second.change, verdict=verdict, reason=reason)


def _order(change: Change) -> tuple[int, float]:
    return VERDICTS.index(change.verdict), -abs(math.log(change.change.value))


def _incomparable(old: Figures, new: Figures) -> list[str]:
    """Why no row of the two can be compared."""
    named = [(name, getattr(old.settings, name), getattr(new.settings, name)) for name in ("arithmetic", "cpu")]
    settings = [
        f"the setting {name} was {mine or 'not set'} and is {theirs or 'not set'}" for name, mine, theirs in named if mine != theirs
    ]
    return [*old.machine.differences(new.machine), *settings]


def _notes(old: Figures, new: Figures) -> list[str]:
    notes = [f"{each[0].upper()}{each[1:]}" for each in old.machine.conditions(new.machine)]
    if old.settings.pinned != new.settings.pinned:
        notes.append(
            f"Processes were {'' if old.settings.pinned else 'not '}pinned to cores, and are {'' if new.settings.pinned else 'not '}now"
        )
    notes += [
        f"The {name} figures are incomplete: measuring was interrupted"
        for name, each in (("older", old), ("newer", new))
        if not each.complete
    ]
    return notes


def _key(row: BenchRow) -> _Key:
    shapes = tuple(sorted((name, tuple(shape)) for name, shape in row.shapes.items()))
    return row.kind, row.name, row.part_of, row.digest, row.threads, row.batch, shapes


def _by_key(rows: Sequence[BenchRow]) -> dict[_Key, list[BenchRow]]:
    found: dict[_Key, list[BenchRow]] = {}
    for row in rows:
        found.setdefault(_key(row), []).append(row)
    return found


def _near(row: BenchRow, others: Sequence[BenchRow]) -> list[BenchRow]:
    """Rows that are of the same model, by its name or its bytes."""
    return [each for each in others if each.kind == row.kind and (each.name == row.name or (row.digest and each.digest == row.digest))]


def _why_alone(row: BenchRow, others: Sequence[BenchRow]) -> str:
    """Why a row of the newer benchmark has none to be compared with: what differs in the older one that is most like it."""
    reasons = [
        [
            "the model differs: its bytes are others" if name == "model" else f"{name} differs: it was {then} and is {now}"
            for name, then, now in (
                ("its name", each.name, row.name), ("model", each.digest, row.digest),
                ("the model it is part of", each.part_of, row.part_of), ("the number of threads", each.threads, row.threads),
                ("the batch", each.batch, row.batch), ("the shape of inputs", each.shapes, row.shapes),
            ) if then != now
        ]
        for each in _near(row, others)
    ]  # fmt: skip
    nearest = min(reasons, key=len, default=["it was not measured then"])
    return ", ".join(nearest)


def _change(comparison: Comparison, before: BenchRow, row: BenchRow, past: Sequence[BenchRow]) -> Change | str:
    """What has changed in a row, or why that cannot be said."""
    then, now = _ours(before), _ours(row)
    if isinstance(then, str) or isinstance(now, str):
        return "; ".join(f"{when}: {text}" for when, text in (("then", then), ("now", now)) if isinstance(text, str))
    found = _beside_baseline(before, row)
    if found is None:
        why = _why_no_baseline(before, row)
        elsewhere = _other_machine(comparison)
        if elsewhere:
            return f"{why}, and times alone say nothing where {'; '.join(elsewhere)}"
        divisor, baseline, change, reason = None, "", quotient(now, then), f"times alone, {why}"
    else:
        (divisor, change), reason = found, ""
        baseline = divisor[0]
    noise = max(change.width / 2, _spread([before, *past], divisor))
    limit = max(comparison.fail_above, _NOISES * noise)
    verdict = _verdict(change, noise, limit, comparison.fail_above)
    if not baseline and verdict != SAME and (before.noise or row.noise):
        verdict, reason = UNSURE, f"{reason}, and the machine was not quiet"
    return Change(before, row, then, now, change, baseline, noise, limit, verdict, reason=reason)


def _verdict(change: Estimate, noise: float, limit: float, wanted: float) -> str:
    value = change.value
    if change.low > 1 + limit:  # whatever the noise is
        return SLOWER
    if limit > _USELESS and limit > wanted:
        return UNSURE
    if value > 1 + limit:
        return SLOWER
    if value < 1 / (1 + limit):
        return FASTER
    excluded = value * (1 + noise) <= 1 + wanted and value / (1 + noise) >= 1 / (1 + wanted)
    return SAME if limit <= wanted or excluded else UNSURE


def _ours(row: BenchRow) -> Estimate | str:
    """tinylite's seconds, or why there are none."""
    if not row.measurements:
        return "nothing was measured"
    found = row.measurements[0]
    if found.refused or found.seconds is None:
        return f"{found.name} refused: {found.refused}" if found.refused else "it was not measured"
    return found.seconds if found.seconds.usable else "its figures are no times"


def _ratios(row: BenchRow) -> dict[tuple[str, str], Estimate]:
    """tinylite's ratios to the baselines, by their names and versions."""
    measured = {(each.name, each.version): each.ratio for each in row.measurements[1:] if not each.refused}
    return {name: ratio for name, ratio in measured.items() if ratio is not None and ratio.usable}


def _beside_baseline(before: BenchRow, row: BenchRow) -> tuple[tuple[str, str], Estimate] | None:
    """The change beside the baseline, of those that both have, that says it most precisely."""
    old, new = _ratios(before), _ratios(row)
    changes = [(name, quotient(new[name], old[name])) for name in new if name in old]
    return min(changes, key=lambda each: each[1].width, default=None)


def _why_no_baseline(before: BenchRow, row: BenchRow) -> str:
    def versions(measurements: Sequence[Measurement]) -> dict[str, str]:
        return {each.name: each.version for each in measurements[1:] if not each.refused}

    then, now = versions(before.measurements), versions(row.measurements)
    others = [f"{name} was {then[name]} and is {now[name]}" for name in now if name in then and then[name] != now[name]]
    return ", ".join(others) if others else "there is no baseline in both"


def _other_machine(comparison: Comparison) -> list[str]:
    """What may move times themselves, from a machine to another; versions of packages are what is to be compared."""
    old, new = comparison.old.machine, comparison.new.machine
    return old.conditions(dataclasses.replace(new, versions=old.versions, python=old.python))


def _spread(rows: Sequence[BenchRow], baseline: tuple[str, str] | None) -> float:
    """How far a row's older figures, beside a baseline of that name and version, differ from their median, as a share."""
    measured = [_ours(row) if baseline is None else _ratios(row).get(baseline) for row in rows]
    found = [math.log(each.value) for each in measured if isinstance(each, Estimate)]
    return math.expm1(max(abs(each - statistics.median(found)) for each in found)) if len(found) > 1 else 0.0
