"""Figures compared with older ones: no false alarm, no missed slowdown, and refusals that say why."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from tinylite.benching.compare import compare, confirm, regressions
from tinylite.benching.comparison import FASTER, SAME, SLOWER, UNSURE, Comparison
from tinylite.benching.estimates import Estimate
from tinylite.benching.result import Bench, BenchRow, Measurement
from tinylite.errors import SettingError

from .made import made_bench, made_row

NOISES = ("iid", "heavy tails", "drift of both", "bursts on both", "bursts on one", "two clocks", "correlated", "offsets", "two layouts")
QUIET = ("iid", "heavy tails", "drift of both", "bursts on both", "two clocks", "correlated")  # with intervals of 1 to 2 %


def row(change: float = 1.0, half: float = 0.005, name: str = "net", ratio: float = 0.8, **changes: object) -> BenchRow:
    """A row with an interval of this half width, that takes 1 ms times `change`."""

    def estimate(value: float) -> Estimate:
        return Estimate(value, value * (1 - half), value * (1 + half))

    measurements = [
        Measurement("tinylite", "1.0", estimate(1e-3 * change)),
        Measurement("xnnpack", "2.3", estimate(1e-3 / ratio), estimate(ratio * change)),
    ]
    return dataclasses.replace(BenchRow(name, "model", f"{name:0<64}", measurements), **changes)  # type: ignore[arg-type]


def bench(*rows: BenchRow, **machine: object) -> Bench:
    return made_bench(rows, **machine)


def verdict(old: BenchRow, new: BenchRow, fail_above: float = 0.05) -> str:
    (change,) = compare(bench(old), bench(new), fail_above).changes
    return change.verdict


def gate(old: Bench, new: Bench, measure: Callable[[list[BenchRow]], Bench]) -> Comparison:
    """As the command goes about it."""
    found = compare(old, new)
    return confirm(found, measure(regressions(found))) if found.failed else found


def _false_alarms(benches: int, seed: int) -> int:
    """How many of so many benchmarks of twenty rows fail the gate, though nothing changed but the speed of the machine."""
    rng = np.random.default_rng(seed)
    names = [f"net {number}" for number in range(20)]

    def measure(rows: list[str], machine: float) -> Bench:
        return bench(*(made_row(name, rng, NOISES, machine=machine) for name in rows))

    alarms = 0
    for _ in range(benches):
        speed = rng.uniform(0.8, 1.25)
        old, new = measure(names, 1.0), measure(names, speed)
        alarms += gate(old, new, lambda rows, speed=speed: measure([each.name for each in rows], speed)).failed  # type: ignore[misc]
    return alarms


def _found(benches: int, seed: int, slower: float, kinds: tuple[str, ...]) -> float:
    """How often the gate finds the one row that has become slower."""
    rng = np.random.default_rng(seed)

    def measure(change: float) -> Bench:
        return bench(made_row("same", rng, kinds), made_row("slow", rng, kinds, change))

    found = [gate(measure(1.0), measure(slower), lambda rows: measure(slower)) for _ in range(benches)]
    return sum([each.row.name for each in comparison.slower] == ["slow"] for comparison in found) / benches


def test_the_gate_is_not_red_without_a_reason() -> None:
    assert _false_alarms(40, 1) == 0


def test_the_gate_finds_what_became_slower() -> None:
    assert _found(150, 2, 1.08, QUIET) >= 0.95


@pytest.mark.slow
def test_the_gate_is_hardly_ever_red_without_a_reason() -> None:
    assert _false_alarms(500, 3) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", QUIET)
def test_the_gate_finds_it_in_every_noise(kind: str) -> None:
    assert _found(500, 4, 1.08, (kind,)) >= 0.95


def test_verdicts() -> None:
    assert verdict(row(), row(1.08)) == SLOWER
    assert verdict(row(), row(1.04)) == verdict(row(), row(0.97)) == SAME
    assert verdict(row(), row(1.02), fail_above=0.01) == UNSURE  # three times 0.7 %
    assert verdict(row(), row(1.01), fail_above=0.02) == SAME  # 1.7 % at most
    assert verdict(row(half=0.015), row(1.01, 0.015)) == verdict(row(half=0.015), row(0.99, 0.015)) == SAME
    assert verdict(row(half=0.015), row(1.04, 0.015)) == verdict(row(half=0.015), row(0.96, 0.015)) == UNSURE
    assert verdict(row(half=0.001), row(1.03, 0.001), fail_above=0.02) == SLOWER
    assert verdict(row(), row(1 / 1.08)) == FASTER
    assert verdict(row(), row(1.08, half=0.04)) == UNSURE
    assert verdict(row(), row(1.2, half=0.04)) == SLOWER
    assert verdict(row(), row(1.8, half=0.3)) == UNSURE  # too noisy to be believed
    assert verdict(row(), row(9.0, half=0.3)) == SLOWER  # all of the interval


def test_a_slower_machine_is_no_regression() -> None:
    rng = np.random.default_rng(5)
    old, new = made_row("net", rng, ["iid"]), made_row("net", rng, ["iid"], machine=1.5)
    (change,) = compare(bench(old), bench(new, usable_cores=2)).changes
    assert change.now.value / change.then.value > 1.4 and change.verdict == SAME and change.baseline == "xnnpack"
    assert compare(bench(old), bench(new, usable_cores=2)).notes == ["Number of usable cores was 4 and is 2"]


def test_the_interval_has_both_runs_in_it() -> None:
    (change,) = compare(bench(row(half=0.03)), bench(row(1.1, half=0.04))).changes
    assert change.change.value == pytest.approx(1.1)
    assert (change.change.low, change.change.high) == pytest.approx((1.1 * 0.951, 1.1 * 1.051), rel=2e-3)
    assert change.limit == pytest.approx(3 * change.noise) and change.noise == pytest.approx(0.05, rel=0.02)


def test_the_most_precise_baseline_is_taken() -> None:
    old, new = row(), row(1.1)
    for each, half in ((old, 0.0001), (new, 0.0002)):
        ratio = each.measurements[1].ratio
        assert ratio is not None
        precise = Estimate(ratio.value, ratio.value * (1 - half), ratio.value * (1 + half))
        each.measurements.append(Measurement("reference", "2.3", each.measurements[1].seconds, precise))
    (change,) = compare(bench(old), bench(new)).changes
    assert change.baseline == "reference" and change.verdict == SLOWER


@pytest.mark.parametrize(
    ("field", "value"), [("cpu", "x86_64 Other"), ("target", "avx512"), ("system", "Darwin arm64")]
)  # fmt: skip
def test_other_machines_are_refused(field: str, value: str) -> None:
    with pytest.raises(SettingError, match=rf"cannot be compared: the {field.replace('cpu', 'CPU')} was .* and is {value}"):
        compare(bench(row()), bench(row(), **{field: value}))


@pytest.mark.parametrize(("field", "value"), [("arithmetic", "tflm"), ("cpu", "avx2")])
def test_other_settings_are_refused(field: str, value: str) -> None:
    old, new = bench(row()), bench(row())
    setattr(new.settings, field, value)
    with pytest.raises(SettingError, match=f"the setting {field} was not set and is {value}"):
        compare(old, new)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"digest": "f" * 64}, "the model differs"),
        ({"threads": 2}, "the number of threads differs: it was 1 and is 2"),
        ({"batch": 8}, "the batch differs: it was None and is 8"),
        ({"shapes": {"x": [1, 8]}}, "the shape of inputs differs"),
        ({"name": "other", "digest": f"{'net':0<64}"}, "its name differs: it was net and is other"),
        ({"part_of": "net"}, "the model it is part of differs"),
        ({"kind": "start"}, "it was not measured then"),
        ({"measurements": [Measurement("tinylite", refused="no kernel")]}, "now: tinylite refused: no kernel"),
        ({"measurements": []}, "now: nothing was measured"),
        ({"measurements": [Measurement("tinylite", seconds=Estimate(math.inf, 0, math.inf))]}, "now: its figures are no times"),
    ],
)
def test_other_rows_are_not_compared(changes: dict[str, object], reason: str) -> None:
    same, other = row(name="same"), row(**changes)  # type: ignore[arg-type]
    found = compare(bench(row(), same), bench(other, row(name="same")))
    assert [change.row.name for change in found.changes] == ["same"]
    assert reason in found.not_compared[0].reason
    assert len(found.not_compared) == (2 if reason == "it was not measured then" else 1)
    with pytest.raises(SettingError, match=r"no row can be compared: (net|other)"):
        compare(bench(row()), bench(other))


def test_a_row_that_is_gone_is_listed() -> None:
    found = compare(bench(row(), row(name="gone"), row(threads=4)), bench(row()))
    assert [(each.row.label, each.reason) for each in found.not_compared] == [
        ("gone, 1 thread", "it was measured then, and not now"), ("net, 4 threads", "it was measured then, and not now")
    ]  # fmt: skip


def test_rows_that_are_alike_are_paired_in_order() -> None:
    found = compare(bench(row(), row(1.2)), bench(row(1.1), row(1.32)))
    assert [change.change.value for change in found.changes] == pytest.approx([1.1, 1.1])


def test_without_a_common_baseline_times_are_compared_on_the_same_machine_only() -> None:
    old, new = row(), row(1.08)
    new.measurements[1].version = "2.4"
    (change,) = compare(bench(old), bench(new)).changes
    assert change.baseline == "" and change.verdict == SLOWER and change.reason == "times alone, xnnpack was 2.3 and is 2.4"
    with pytest.raises(SettingError, match="times alone say nothing where turbo was True and is False"):
        compare(bench(old), bench(new, turbo=False))
    new.noise.append("the clock has changed")
    (change,) = compare(bench(old), bench(new)).changes
    assert change.verdict == UNSURE and "not quiet" in change.reason
    old.measurements[1:] = []
    (change,) = compare(bench(old), bench(row(1.08), python="3.13.0")).changes
    assert change.verdict == SLOWER and "there is no baseline in both" in change.reason


def test_older_figures_that_differ_are_noise() -> None:
    history = [bench(row(each)) for each in (1.03, 0.96, 1.01)]
    assert compare(bench(row()), bench(row(1.08))).failed
    found = compare(bench(row()), bench(row(1.08)), history=history)
    assert found.changes[0].noise == pytest.approx(0.045, abs=0.003) and found.changes[0].verdict == UNSURE
    elsewhere = compare(bench(row()), bench(row(1.08)), history=[bench(row(1.3), cpu="x86_64 Other")])
    assert elsewhere.failed
    assert "are left out, and say nothing of noise: the CPU was x86_64 Other" in elsewhere.notes[-1]
    other = row(1.3)
    other.measurements[1].version = "2.2"
    assert compare(bench(row()), bench(row(1.08)), history=[bench(other)]).failed


def test_only_what_is_slower_twice_is_red() -> None:
    names = ["a", "b", "c", "d"]
    old, new = bench(*(row(name=name) for name in names)), bench(*(row(1.1, name=name) for name in names[:3]), row(name="d"))
    first = compare(old, new)
    assert [each.name for each in regressions(first)] == ["a", "b", "c"] and first.failed
    found = confirm(first, bench(row(1.09, name="a"), row(1.01, name="b")))
    assert [each.row.name for each in found.slower] == ["a"] and found.failed
    reasons = {each.row.name: (each.verdict, each.reason) for each in found.changes}
    assert reasons["a"] == (SLOWER, "and +9.0 % when it was measured again")
    assert reasons["b"] == (SAME, "+10.0 % at first, +1.0 % when it was measured again")
    assert reasons["c"] == (UNSURE, "it could not be measured again")
    assert not confirm(first, bench(row(1.1, name="a"), cpu="x86_64 Other")).failed
    assert first.failed and first.changes[0].again is None  # which stays as it was


@pytest.mark.parametrize("share", [0, -0.05, math.nan, math.inf, "5%", True, None])
def test_bad_shares(share: object) -> None:
    with pytest.raises(SettingError, match="fail_above is"):
        compare(bench(row()), bench(row()), share)  # type: ignore[arg-type]


def test_movers_are_shown_first() -> None:
    changes = {"same": 1.01, "fast": 0.8, "slow": 1.1, "slower": 1.3}
    old = bench(*(row(name=name) for name in changes), row(name="wide", half=0.05))
    new = bench(*(row(change, name=name) for name, change in changes.items()), row(1.1, 0.05, "wide"), row(name="new"))
    new.measured = "2026-02-02T00:00:00+00:00"
    found = compare(old, new)
    assert [each.row.name for each in found.changes] == ["slower", "slow", "fast", "wide", "same"]
    assert repr(found) == "<Comparison: 2 slower, 1 faster, 1 cannot tell, 1 no change, 1 not compared>"
    lines = found.markdown().splitlines()
    assert lines[0].startswith("2 slower") and "2026-02-02" in lines[0]
    assert [cell.strip() for cell in lines[4].split("|")[1:-1]] == [
        "slower", "model", "1", "1.000 ms", "1.300 ms", "+30.0 %", "+29.08 to +30.93 %", "5.0 %", "xnnpack", "slower"
    ]  # fmt: skip
    assert lines[-1] == "- new, 1 thread was not compared: it was not measured then"
    stream = StringIO()
    Console(file=stream, width=160).print(found)
    assert stream.getvalue().index("slower ") < stream.getvalue().index("wide") and "+30.0 %" in stream.getvalue()
    assert "<td>+30.0 %</td>" in found._repr_html_()


def test_a_limit_has_no_more_digits_than_it_carries() -> None:
    from tinylite.benching.comparison import _limit_text

    assert [_limit_text(limit) for limit in (0.05, 0.366, 1.234, 194.03, math.inf)] == ["5.0 %", "36.6 %", "123 %", "19403 %", "unknown"]
