"""A figure and how well it is known.

Times of runs are not independent: the clock drifts, other programs come and go for seconds, and each launch (a fresh interpreter or
process) lies elsewhere in memory and keeps that for all its rounds. So an interval never rests on rounds as if they were independent.
It rests on *units*: the medians of launches, or where there are few launches, the medians of a few long blocks of rounds.

Of independent units, each as likely above the true median as below, the sorted ones bound it with a probability that depends on their
number alone (the binomial distribution): no assumption about how times are distributed. Six is the least number that reaches 95 %: all
six lie on one side with probability 2/64, so the smallest and the largest are the interval. Fewer units never reach it, and their
interval is widened by as much as Student's t would ask for.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = [
    "Estimate", "enough", "estimate_text", "interval_text", "launches_estimate", "median_estimate", "percent_interval_text",
    "percent_text", "quotient", "ratio_estimate",
]  # fmt: skip

CONFIDENCE = 0.95
UNITS = 6  # the least number of independent units whose extremes are an interval of that confidence
_BLOCKS = 7  # more than that, so that the interval stays honest where measuring stops early; see `enough`
_SHORTEST_BLOCK = 3  # rounds: fewer say too little of how they are correlated
_CORRELATED = 3  # a block has to be this many times as long as rounds stay correlated, for its median to count as independent
# By how much the range of fewer units than six is widened. For numbers from a normal distribution, that makes it 95 %.
_WIDENED = {5: 1.1, 4: 1.6, 3: 3.0, 2: 16.0}
_FIRST_LAUNCHES = 8  # when `enough` answers for the first time
_FIRST_ROUNDS = 96
_MOST_DIGITS = 4
_SAYS_SOMETHING = 10  # times the value: an interval that reaches further says nothing
_UNITS = ((1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s"))


@dataclass(frozen=True)
class Estimate:
    """A median, and the interval from `low` to `high` that holds the true one with a confidence of 95 %.

    Where too few values were measured for that, the interval is from 0 to infinity, or less where more is known.
    """

    value: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """The interval's width as a share of the value."""
        return (self.high - self.low) / self.value if self.value else float("inf")

    @property
    def usable(self) -> bool:
        """Whether it is a time or a ratio that can be reckoned with: files may say anything."""
        return 1e-15 <= self.value <= 1e15 and 0 <= self.low <= self.value <= self.high


def median_estimate(values: Iterable[float]) -> Estimate:
    """The median of independent, positive values, such as times of processes. Raises ValueError if there are none."""
    units = np.array(list(values), float)
    if not len(units):
        raise ValueError("there are no values to estimate from")
    return _estimate(units, None)


def launches_estimate(launches: Sequence[Sequence[float]]) -> Estimate:
    """The median of times that were measured in rounds, in the order of time, by launch. Raises ValueError if there are none.

    With six launches or more it is the median of the launches' medians. With fewer it is that of all rounds, and what a launch has
    in common for longer than it lasts is seen only as far as launches differ: the interval of one launch says nothing of others.
    """
    rounds = [np.array(launch, float) for launch in launches if len(launch)]
    if not rounds:
        raise ValueError("there are no rounds to estimate from")
    medians = np.array([np.median(launch) for launch in rounds])
    return _estimate(medians, None if len(rounds) >= UNITS else np.concatenate(rounds))


def ratio_estimate(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]) -> Estimate:
    """The median ratio of our time to theirs in the same round of the same launch, as `launches_estimate`.

    A round that only one of both has run, because the measurement was interrupted, does not count, nor one too short for the clock.
    """
    return launches_estimate(
        [
            [mine / other for mine, other in zip(launch, beside, strict=False) if mine > 0 and other > 0]
            for launch, beside in zip(ours, theirs, strict=False)
        ]
    )


def quotient(upper: Estimate, lower: Estimate) -> Estimate:
    """One estimate divided by another that was measured independently: what both do not know adds up as independent errors do."""
    value = upper.value / lower.value
    above = math.hypot(_log(upper.high, upper.value), _log(lower.value, lower.low))
    below = math.hypot(_log(upper.value, upper.low), _log(lower.high, lower.value))
    return Estimate(value, value * math.exp(-below), value * math.exp(above) if above < 700 else math.inf)


def enough(estimate: Estimate, precision: float, launches: Sequence[Sequence[float]]) -> bool:
    """Whether to stop measuring: the interval is narrower than `precision`, as a share of the value. Ask after each launch, or after
    each round where there is only one launch.

    Whoever asks often enough meets an interval that is narrow by chance, and such an interval misses the true median more often than
    it says. So the answer is True only after 8, 16, 32, ... launches, or 96, 192, 384, ... rounds of the only one.
    """
    count, first = (len(launches), _FIRST_LAUNCHES) if len(launches) > 1 else (sum(map(len, launches)), _FIRST_ROUNDS)
    doubled, rest = divmod(count, first)
    return doubled > 0 and not rest and doubled & (doubled - 1) == 0 and estimate.width < precision


def _log(high: float, low: float) -> float:
    """How much larger, as a logarithm; infinity where one of them is an end that is not known."""
    return math.log(high / low) if low > 0 and math.isfinite(high) else math.inf


def _estimate(units: np.ndarray, rounds: np.ndarray | None) -> Estimate:
    """The estimate from independent units, and where those are few, from all rounds in the order of time too."""
    value = float(np.median(units if rounds is None else rounds))
    bounds = [_bounds(units)] if rounds is None or len(units) > 1 else []
    if rounds is not None:
        bounds.append(_block_bounds(rounds))
    return Estimate(value, float(min(value, *(low for low, _ in bounds))), float(max(value, *(high for _, high in bounds))))


def _bounds(units: np.ndarray) -> tuple[float, float]:
    """The interval of the median of independent units."""
    units, count = np.sort(units), len(units)
    if count >= UNITS:
        outside = _outside(count)
        return units[outside], units[count - 1 - outside]
    if count < 2 or units[0] <= 0:
        return 0.0, math.inf
    # Widened as a ratio, so that the interval stays positive and that of theirs to ours is the inverse of ours to theirs.
    middle, half = math.sqrt(units[0] * units[-1]), math.log(units[-1] / units[0]) / 2 * _WIDENED[count]
    return middle * math.exp(-half), middle * math.exp(half)


@functools.cache
def _outside(count: int) -> int:
    """How many of `count` sorted units may be left out at either end, with what remains holding the median with the confidence."""
    below, outside = 0.0, 0
    for each in range(count // 2):
        below += math.exp(math.lgamma(count + 1) - math.lgamma(each + 1) - math.lgamma(count - each + 1) - count * math.log(2))
        if 2 * below > 1 - CONFIDENCE:
            break
        outside = each
    return outside


def _block_bounds(rounds: np.ndarray) -> tuple[float, float]:
    """The interval from medians of at most seven blocks of successive rounds.

    Fewer, too, where seven would be short beside how long rounds stay correlated. No more: blocks are as long as they can be, and
    that makes the interval of independent rounds at most twice as wide as it would be with each of them as a unit.
    """
    length = max(_SHORTEST_BLOCK, _CORRELATED * _correlated_for(rounds))
    most = min(_BLOCKS, len(rounds))
    fewest = min(max(int(len(rounds) / length), 2), most)
    found = [
        _bounds(np.array([np.median(block) for block in np.array_split(rounds, count)])) for count in range(fewest, most + 1)
    ]  # fmt: skip
    return min(low for low, _ in found), max(high for _, high in found)


def _correlated_for(rounds: np.ndarray) -> float:
    """How many rounds say as much as one independent round: 1 where they are independent.

    From the correlation of neighbours, of their ranks and of which side of the median they lie on, whichever is larger: outliers
    hide the one where there are two states, and the other where noise has long tails. Few rounds make it seem smaller than it is.
    """
    _, inverse, counts = np.unique(rounds, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts + 1) / 2)[inverse]
    sides = np.sign(rounds - np.median(rounds))
    correlation = 0.0
    for series in (ranks - ranks.mean(), sides):
        total = float(series @ series)
        if total:
            correlation = max(correlation, float(series[1:] @ series[:-1]) / total)
    correlation = min(correlation + (1 + 3 * correlation) / len(rounds), 1 - 1 / len(rounds))
    return (1 + correlation) / (1 - correlation)


def estimate_text(estimate: Estimate, unit: str = "") -> str:
    """The value with the digits that its interval supports: "1.2 ms" where that is 1.1 to 1.4 ms, "0.987" where it is known to 0.4 %.

    The place of the last digit is the first one of half the interval's width: the last digit is worth no more than that half and no
    less than a tenth of it. There are at most four digits, and at least one, with "~" before it where not even that one is sure. With
    the unit "s" the text is in ns, µs, ms or s, whichever needs no digits that are not known.
    """
    if not estimate.usable:
        return "unknown" if estimate.value else "0"
    half = max(estimate.value - estimate.low, estimate.high - estimate.value)
    place, sure = _place(estimate.value, half)
    scale, name = _scale(estimate.value, place, unit)
    return ("" if sure else "~") + _number(round(estimate.value / place) * place, place, scale) + name


def interval_text(estimate: Estimate, unit: str = "") -> str:
    """The interval, such as "0.962 to 0.988" or "1.10 to 1.34 ms": one digit more than the value has, rounded outwards.

    "unknown" where it reaches beyond ten times the value: such ends would be figures that are not known.
    """
    if not estimate.usable or estimate.high > _SAYS_SOMETHING * estimate.value:
        return "unknown"
    half = max(estimate.value - estimate.low, estimate.high - estimate.value)
    place, _ = _place(estimate.value, half)
    scale, name = _scale(estimate.value, place, unit)
    place /= 10
    low, high = math.floor(estimate.low / place + 1e-6) * place, math.ceil(estimate.high / place - 1e-6) * place
    return f"{_number(low, place, scale)} to {_number(high, place, scale)}{name}"


def _place(value: float, half: float) -> tuple[float, bool]:
    """What the last digit that is shown is worth, and whether it is sure."""
    first = _digit(value)
    if half > value:  # or infinite
        return 10.0**first, False
    least = first - _MOST_DIGITS + 1
    last = max(_digit(half), least) if half else least
    return 10.0**last, True


def _digit(value: float) -> int:
    """The power of ten of a number's first digit."""
    return math.floor(math.log10(value) + 1e-9)


def _scale(value: float, place: float, unit: str) -> tuple[float, str]:
    """What to divide by, and the name after the number: of units in which the number is below 1000 and ends with its last known digit."""
    if unit != "s":
        return 1.0, f" {unit}" if unit else ""
    scale, name = next((each for each in _UNITS if value / each[0] < 999.5 and place / each[0] < 1.5), _UNITS[-1])
    return scale, f" {name}"


def _number(value: float, place: float, scale: float) -> str:
    return f"{value / scale:.{max(-_digit(place / scale), 0)}f}"


def percent_text(change: Estimate) -> str:
    """A change, 1 where there is none, in percent and with the digits that its interval supports: "+8.2 %", "-3 %", "0 %"."""
    half = max(change.value - change.low, change.high - change.value) * 100
    decimals = 1 if half == 0 else 0 if not math.isfinite(half) else min(max(-_digit(half), 0), 2)
    text = f"{(change.value - 1) * 100:+.{decimals}f}"
    return f"{'~' if half > change.value * 100 else ''}{text if text.strip('+-0.') else text[1:]} %"


def percent_interval_text(change: Estimate) -> str:
    """The interval of a change in percent, such as "+6.9 to +9.5 %", rounded outwards."""
    if change.high > _SAYS_SOMETHING * change.value:
        return "unknown"
    half = max(change.value - change.low, change.high - change.value) * 100
    decimals = 1 if half == 0 else min(max(-_digit(half) + 1, 0), 3)
    place = 10.0**-decimals
    low, high = math.floor((change.low - 1) * 100 / place + 1e-6) * place, math.ceil((change.high - 1) * 100 / place - 1e-6) * place
    return f"{low:+.{decimals}f} to {high:+.{decimals}f} %"
