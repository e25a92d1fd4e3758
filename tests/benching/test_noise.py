"""What says that a machine was not quiet, with clocks and counters that are made up."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tinylite.benching.estimates import Estimate
from tinylite.benching.noise import CpuTimes, NoiseWatch, cpu_times, spin

SURE = {"tinylite": Estimate(1.0, 0.99, 1.01)}


class Clock:
    """A clock that the spin loop moves on, by a millisecond divided by `speed`, and rounds by 25 ms."""

    def __init__(self) -> None:
        self.now, self.speed = 0.0, 1.0
        self.loops = 0

    def __call__(self) -> float:
        return self.now

    def spin(self) -> None:
        self.loops += 1
        self.now += 1e-3 / self.speed


def watched(speeds: Iterable[float], before: CpuTimes | None = None, after: CpuTimes | None = None) -> NoiseWatch:
    """A watch that has seen a clock of these speeds."""
    clock = Clock()
    counts = iter([before, *[after] * 9])
    watch = NoiseWatch(clock, clock.spin, lambda: next(counts))
    for clock.speed in speeds:
        watch.tick()
        clock.now += 0.025
    return watch


def test_a_quiet_machine_has_no_reasons() -> None:
    assert watched([1.0] * 40, CpuTimes(1000, 5), CpuTimes(1400, 7)).reasons(SURE) == []


def test_a_wide_interval_is_a_reason() -> None:
    wide = {**SURE, "xnnpack": Estimate(1.0, 0.96, 1.02), "the ratio to xnnpack": Estimate(1.0, 0.0, float("inf"))}
    first, second = watched([1.0] * 40).reasons(wide)
    assert first == "the 95 % interval of xnnpack is 6.0 % of it wide" and "the ratio to xnnpack is so wide" in second
    assert watched([]).reasons({"tinylite": Estimate(1.0, 0.975, 1.024)}) == []


@pytest.mark.parametrize("speeds", [[1.0] * 30 + [0.95] * 10, [0.95] * 10 + [1.0] * 30, [1.0] * 10 + [1.04] * 10 + [1.0] * 20])
def test_a_clock_that_changes_is_a_reason(speeds: list[float]) -> None:
    (reason,) = watched(speeds).reasons(SURE)
    assert "the clock has changed" in reason
    assert watched([1 + (speed - 1) / 3 for speed in speeds]).reasons(SURE) == []  # less than 3 %


def test_single_spins_that_were_interrupted_are_none() -> None:
    assert watched([0.3 if index in (1, 4, 6, 7, 33) else 1.0 for index in range(40)]).reasons(SURE) == []


def test_few_spins_say_nothing() -> None:
    assert watched([1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5]).moved() == 0
    assert watched([1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5]).moved() == pytest.approx(1.0)


def test_stolen_time_is_a_reason() -> None:
    (reason,) = watched([1.0] * 40, CpuTimes(1000, 50), CpuTimes(1392, 58)).reasons(SURE)
    assert reason == "the host gave 2.0 % of the processor's time to others"
    assert watched([1.0] * 40, CpuTimes(1000, 50), CpuTimes(1020, 52)).reasons(SURE) == []  # two ticks may be chance
    assert watched([1.0] * 40, None, CpuTimes(1020, 90)).reasons(SURE) == []


def test_ticks_that_follow_closely_cost_nothing() -> None:
    clock = Clock()
    watch = NoiseWatch(clock, clock.spin, lambda: None)
    before = clock.loops
    for _ in range(1000):
        clock.now += 0.001
        watch.tick()
    assert 40 <= clock.loops - before <= 51


def test_each_row_starts_anew() -> None:
    watch = watched([1.0] * 20 + [0.5] * 20, CpuTimes(0, 0), CpuTimes(100, 100))
    assert len(watch.reasons(SURE)) == 2
    watch.start()
    assert watch.reasons(SURE) == []


def test_the_system_counts(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  2705966 2787684 495738 775401 18354 7 3997 9371 55 66\ncpu0 1 2 3 4 5 6 7 8 9 10\n")
    assert cpu_times(str(stat)) == CpuTimes(2705966 + 2787684 + 495738 + 7 + 3997, 9371)
    for text in ("", "cpu 1 2 3\n", "intr 1 2 3 4 5 6 7 8\n", "cpu one 2 3 4 5 6 7 8\n"):
        stat.write_text(text)
        assert cpu_times(str(stat)) is None
    assert cpu_times(str(tmp_path / "absent")) is None


def test_the_watch_works_here() -> None:
    spin()
    watch = NoiseWatch()
    watch.tick()
    assert watch.moved() == 0 and 0 <= watch.stolen() <= 1
