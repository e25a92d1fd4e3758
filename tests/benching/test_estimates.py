"""Intervals hold the truth as often as they say, whatever noise is like, and are no wider than that needs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tinylite.benching.estimates import Estimate, enough, estimate_text, interval_text, launches_estimate, median_estimate, ratio_estimate

from .synthetic import NOISES, PER_LAUNCH, RATIO, correlated, times

INF = math.inf
# How often it holds it where nothing that was measured can show more: a quarter of experiments sees three launches in the same one of
# two states, and every sixteenth sees five.
UNSEEN = {("two layouts", 3, 20): 0.75, ("two layouts", 5, 10): 0.91}
SIZES = [(1, 20), (1, 60), (1, 300), (3, 20), (5, 10), (6, 5), (6, 10), (6, 30), (12, 10)]


def coverage(kind: str, launches: int, rounds: int, experiments: int) -> tuple[float, float, list[Estimate]]:
    """How often the interval holds the true ratio, and the true median of our times; and the estimates of the ratio."""
    rng = np.random.default_rng(14)
    measured = [times(kind, rng, launches, rounds) for _ in range(experiments)]
    ratios = [ratio_estimate(ours.tolist(), theirs.tolist()) for ours, theirs in measured]
    raw = [launches_estimate(ours.tolist()) for ours, _ in measured]
    truth = float(np.median([ours for ours, _ in measured]))
    return _share(ratios, RATIO), _share(raw, truth), ratios


def _share(estimates: list[Estimate], truth: float) -> float:
    return sum(each.low <= truth <= each.high for each in estimates) / len(estimates)


def _cases(sizes: list[tuple[int, int]]) -> list[tuple[str, int, int]]:
    return [(kind, *size) for size in sizes for kind in NOISES if size[0] > 1 or kind not in PER_LAUNCH]


@pytest.mark.parametrize(("kind", "launches", "rounds"), _cases([(6, 10), (1, 60)]))
def test_the_interval_holds_the_truth(kind: str, launches: int, rounds: int) -> None:
    """To the chance of 400 experiments; the slow test makes 2000."""
    ratio, raw, _ = coverage(kind, launches, rounds, 400)
    assert min(ratio, raw) >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "launches", "rounds"), _cases(SIZES))
def test_the_interval_holds_the_truth_for_every_number_of_rounds(kind: str, launches: int, rounds: int) -> None:
    ratio, raw, _ = coverage(kind, launches, rounds, 2000)
    assert min(ratio, raw) >= UNSEEN.get((kind, launches, rounds), 0.93)


def test_blocks_grow_with_the_correlation() -> None:
    """Seven blocks of eleven rounds are short beside rounds that resemble each other for twenty: fewer and longer ones are taken."""
    rng = np.random.default_rng(14)
    measured = [np.exp(correlated(rng, 80, 0.9)) for _ in range(400)]
    assert _share([launches_estimate([each.tolist()]) for each in measured], 1.0) >= 0.92
    shuffled = [launches_estimate([rng.permutation(each).tolist()]) for each in measured]
    assert _share(shuffled, 1.0) < 0.6  # as if they were independent


def test_rounds_that_are_correlated_are_not_taken_for_independent() -> None:
    """What the intervals would be worth if each round counted."""
    rng = np.random.default_rng(14)
    measured = [times("offsets", rng, 6, 30) for _ in range(200)]
    pooled = [median_estimate((ours / theirs).ravel()) for ours, theirs in measured]
    assert _share(pooled, RATIO) < 0.6


@pytest.mark.parametrize(
    ("kind", "launches", "rounds", "widest"),
    [
        ("iid", 6, 5, 0.016), ("iid", 6, 30, 0.007), ("iid", 1, 20, 0.022), ("iid", 1, 300, 0.006), ("heavy tails", 6, 10, 0.015),
        ("drift of both", 6, 30, 0.007), ("bursts on both", 6, 10, 0.011), ("bursts on one", 1, 300, 0.016), ("two clocks", 6, 30, 0.007),
        ("two clocks", 1, 60, 0.013), ("offsets", 6, 10, 0.03),
    ],
)  # fmt: skip
def test_intervals_are_narrow(kind: str, launches: int, rounds: int, widest: float) -> None:
    """Rounds have a noise of 1 %; what hits both programs does not widen the interval of their ratio."""
    _, _, ratios = coverage(kind, launches, rounds, 100)
    assert np.median([each.width for each in ratios]) < widest


@pytest.mark.parametrize("kind", ["iid", "heavy tails", "drift of both", "bursts on one", "correlated", "offsets"])
@pytest.mark.parametrize("launches", [56, 1])
def test_stopping_early_keeps_the_interval_honest(kind: str, launches: int) -> None:
    """A precision that some experiments reach early and others late, asked for after each launch or round."""
    if launches == 1 and kind in PER_LAUNCH:
        pytest.skip("one launch does not show it")
    rng = np.random.default_rng(14)
    experiments = []
    for _ in range(400):
        ours, theirs = times(kind, rng, launches, 12 if launches > 1 else 800)
        experiments.append((ours.tolist(), theirs.tolist()))
    first = [_until(each, 8 if launches > 1 else 96) for each in experiments]
    for share in (1, 0.7, 0.5):
        precision = float(np.median([each.width for each in first])) * share
        assert _share([_measured_until(each, precision) for each in experiments], RATIO) >= 0.93


def _until(experiment: tuple[list[list[float]], list[list[float]]], count: int) -> Estimate:
    ours, theirs = experiment
    return ratio_estimate(ours[:count], theirs[:count]) if len(ours) > 1 else ratio_estimate([ours[0][:count]], [theirs[0][:count]])


def _measured_until(experiment: tuple[list[list[float]], list[list[float]]], precision: float) -> Estimate:
    ours, _ = experiment
    most = len(ours) if len(ours) > 1 else len(ours[0])
    for count in (8, 16, 32) if len(ours) > 1 else (96, 192, 384, 768):
        found = _until(experiment, count)
        if enough(found, precision, ours[:count] if len(ours) > 1 else [ours[0][:count]]):
            return found
    return _until(experiment, most)


def test_it_is_enough_only_after_doubling() -> None:
    sure = Estimate(1, 0.999, 1.001)
    assert [count for count in range(2, 70) if enough(sure, 0.01, [[1.0]] * count)] == [8, 16, 32, 64]
    assert [count for count in range(1, 800) if enough(sure, 0.01, [[1.0] * count])] == [96, 192, 384, 768]
    assert not enough(sure, 0.001, [[1.0]] * 8)
    assert not enough(sure, 0.01, [])


@pytest.mark.parametrize(
    ("count", "low", "high"), [(6, 1, 6), (7, 1, 7), (8, 1, 8), (9, 2, 8), (12, 3, 10), (30, 10, 21), (100, 40, 61), (1000, 469, 532)]
)
def test_order_statistics(count: int, low: int, high: int) -> None:
    """The ranks that tables of the sign test list."""
    values = np.random.default_rng(0).permutation(np.arange(1.0, count + 1))
    assert median_estimate(values) == Estimate((count + 1) / 2, low, high)


def test_few_values_widen_the_interval() -> None:
    assert median_estimate([3.0]) == Estimate(3.0, 0.0, INF)
    widths = [median_estimate([1.0, 1.01, 1.005, 1.002, 1.007][:count]).width for count in (2, 3, 4, 5)]
    assert widths == sorted(widths, reverse=True) and 0.1 < widths[0] < 0.2 and 0.01 < widths[-1] < 0.012
    assert launches_estimate([[1.0] * 50, [1.1] * 50]).high > 1.5  # nothing says how a third launch would be
    assert launches_estimate([[1.0]]).high == INF
    empties: list[list[list[float]]] = [[], [[]]]
    for empty in empties:
        with pytest.raises(ValueError, match="no rounds"):
            launches_estimate(empty)
    with pytest.raises(ValueError, match="no "):
        median_estimate([])


def test_the_inverse_ratio_has_the_inverse_interval() -> None:
    rng = np.random.default_rng(3)
    for launches, rounds in ((2, 9), (4, 9), (7, 9), (1, 41)):
        ours, theirs = (each.tolist() for each in times("correlated", rng, launches, rounds))
        ratio, inverse = ratio_estimate(ours, theirs), ratio_estimate(theirs, ours)
        assert [1 / inverse.high, 1 / inverse.low] == pytest.approx([ratio.low, ratio.high], rel=2e-4)


def test_rounds_are_paired() -> None:
    ours, theirs = [[1.0, 2, 4, 8, 16, 32, 5]], [[2.0, 4, 8, 16, 32, 64]]  # interrupted after our seventh
    assert ratio_estimate(ours, theirs) == Estimate(0.5, 0.5, 0.5)
    assert ratio_estimate([[0.0, 1] * 8], [[0.0, 2] * 8]).value == 0.5  # too short for the clock
    assert launches_estimate([[1e-3] * 30]) == Estimate(1e-3, 1e-3, 1e-3)  # nor are equal times correlated


@pytest.mark.parametrize(
    ("value", "low", "high", "text", "interval"),
    [
        (1.234e-3, 1.1e-3, 1.4e-3, "1.2 ms", "1.10 to 1.40 ms"),
        (497e-9, 494e-9, 500e-9, "497 ns", "494.0 to 500.0 ns"),
        (497e-9, 477e-9, 520e-9, "0.50 µs", "0.477 to 0.520 µs"),
        (0.99961e-3, 0.999e-3, 1.0003e-3, "0.9996 ms", "0.99900 to 1.00030 ms"),
        (0.999e-3, 0.94e-3, 1.06e-3, "1.00 ms", "0.940 to 1.060 ms"),
        (2.5e-3, 2.4999e-3, 2.50001e-3, "2.500 ms", "2.4999 to 2.5001 ms"),
        (123.4, 60, 160, "120 s", "60 to 160 s"),
        (2e-3, 1e-3, 5e-3, "~2 ms", "1.0 to 5.0 ms"),
        (1.3, 0, INF, "~1 s", "unknown"),
        (0.9e-6, 1e-12, 0.07, "~0.9 µs", "unknown"),
    ],
)
def test_times_have_the_digits_that_they_carry(value: float, low: float, high: float, text: str, interval: str) -> None:
    assert estimate_text(Estimate(value, low, high), "s") == text
    assert interval_text(Estimate(value, low, high), "s") == interval


@pytest.mark.parametrize(
    ("value", "low", "high", "text", "interval"),
    [
        (0.9873, 0.9834, 0.9912, "0.987", "0.9834 to 0.9912"),
        (0.975, 0.962, 0.988, "0.98", "0.962 to 0.988"),
        (1, 1, 1, "1.000", "1.0000 to 1.0000"),
        (12.3, 11, 13, "12", "11.0 to 13.0"),
    ],
)
def test_ratios_have_the_digits_that_they_carry(value: float, low: float, high: float, text: str, interval: str) -> None:
    assert estimate_text(Estimate(value, low, high)) == text
    assert interval_text(Estimate(value, low, high)) == interval


def test_no_text_claims_more_than_the_interval() -> None:
    """The value of the last digit is no more than half of the interval, except where less than one digit is known."""
    rng = np.random.default_rng(1)
    for _ in range(2000):
        value, half = 10 ** rng.uniform(-9, 3), 10 ** rng.uniform(-6, -0.1)
        estimate = Estimate(value, value * (1 - half), value * (1 + half))
        number, unit = estimate_text(estimate, "s").split()
        scale = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0}[unit]
        last = scale * 10.0 ** -len(number.partition(".")[2])
        shown = float(number) * scale
        assert abs(shown - value) <= max(last, value * half) and len(number.replace(".", "").lstrip("0")) <= 4
        if unit != "s" or value < 1:
            assert value * half / 10.001 <= max(last, value * 1.0001e-3) and last <= max(value * half * 1.0001, value * 1.0001e-3)
        low, _, high, _ = interval_text(estimate, "s").split()
        assert float(low) * scale <= estimate.low * 1.000001 and float(high) * scale >= estimate.high * 0.999999
