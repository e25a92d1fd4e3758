"""Times as noisy machines produce them, of two programs that run in turn and whose true ratio is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["NOISES", "PER_LAUNCH", "RATIO", "correlated", "times"]

RATIO = 0.9  # of ours to theirs
_SPREAD = 0.01  # of the noise that every round has

Rng = np.random.Generator
# What a kind of noise adds to the logarithms of times, [rounds]: to both programs', and to the ratio of ours to theirs.
Noise = Callable[[Rng, int, int], tuple[np.ndarray, np.ndarray]]


def times(kind: str, rng: Rng, launches: int, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """Our times and theirs, [launches, rounds]. Noise of the ratio is as likely to raise it as to lower it."""
    count = launches * rounds
    both, ratio = NOISES[kind](rng, launches, rounds)
    if kind != "heavy tails":
        both, ratio = both + rng.normal(0, _SPREAD / 2, count), ratio + rng.normal(0, _SPREAD, count)
    shape = launches, rounds
    return (1e-3 * RATIO * np.exp(both + ratio / 2)).reshape(shape), (1e-3 * np.exp(both - ratio / 2)).reshape(shape)


def _bursts(rng: Rng, count: int, length: float, both: bool) -> tuple[np.ndarray, np.ndarray]:
    """Another program runs for a quarter of the time, for many rounds on end, and slows either both or one of them by up to a third."""
    found = np.zeros(count)
    place = -int(rng.integers(0, int(3 * length)))
    while place < count:
        place += int(rng.exponential(3 * length)) + 1
        end = place + int(rng.exponential(length)) + 1
        found[max(place, 0) : max(end, 0)] += rng.uniform(0.02, 0.3) * (1 if both else rng.choice([-1, 1]))
        place = end
    return (found, np.zeros(count)) if both else (np.abs(found) / 2, found)


def _states(rng: Rng, count: int, length: float) -> np.ndarray:
    """One of two clock states: 0 or 1."""
    return (np.cumsum(rng.random(count) < 1 / length) + rng.integers(0, 2)) % 2


def _wave(rng: Rng, count: int, shortest: float, longest: float) -> np.ndarray:
    period, phase = rng.uniform(shortest, longest), rng.uniform(0, 2 * np.pi)
    return np.sin(2 * np.pi * np.arange(count) / period + phase)


def _ramp(rng: Rng, count: int) -> np.ndarray:
    return np.linspace(-1, 1, count) * rng.choice([-1, 1])


def correlated(rng: Rng, count: int, share: float) -> np.ndarray:
    """Logarithms of times where each round resembles the one before."""
    noise = rng.normal(0, _SPREAD, count)
    noise[0] /= np.sqrt(1 - share**2)
    for index in range(1, count):
        noise[index] += share * noise[index - 1]
    return noise


def _none(count: int) -> np.ndarray:
    return np.zeros(count)


NOISES: dict[str, Noise] = {
    "iid": lambda rng, launches, rounds: (_none(launches * rounds), _none(launches * rounds)),
    "heavy tails": lambda rng, launches, rounds: (
        _SPREAD * np.abs(rng.standard_t(1.5, launches * rounds)).clip(0, 300),
        _SPREAD * rng.standard_t(1.5, launches * rounds).clip(-300, 300),
    ),
    "drift of both": lambda rng, launches, rounds: (0.1 * _ramp(rng, launches * rounds), _none(launches * rounds)),
    "drift of one": lambda rng, launches, rounds: (_none(launches * rounds), 0.02 * _ramp(rng, launches * rounds)),
    "slow wave": lambda rng, launches, rounds: (
        0.05 * _wave(rng, launches * rounds, launches * rounds / 6, launches * rounds),
        0.01 * _wave(rng, launches * rounds, launches * rounds / 6, launches * rounds),
    ),
    "fast wave": lambda rng, launches, rounds: (
        0.05 * _wave(rng, launches * rounds, 5, 30),
        0.01 * _wave(rng, launches * rounds, 5, 30),
    ),
    "bursts on both": lambda rng, launches, rounds: _bursts(rng, launches * rounds, 4, True),
    "bursts on one": lambda rng, launches, rounds: _bursts(rng, launches * rounds, 4, False),
    "two clocks": lambda rng, launches, rounds: (0.1 * _states(rng, launches * rounds, 4), _none(launches * rounds)),
    "two states of one": lambda rng, launches, rounds: (_none(launches * rounds), 0.02 * (_states(rng, launches * rounds, 4) * 2 - 1)),
    "correlated": lambda rng, launches, rounds: (_none(launches * rounds), correlated(rng, launches * rounds, 0.5)),
}  # fmt: skip
# What differs from launch to launch cannot be seen in one.
PER_LAUNCH: dict[str, Noise] = {
    "offsets": lambda rng, launches, rounds: (
        np.repeat(rng.normal(0, 0.03, launches), rounds), np.repeat(rng.normal(0, 0.01, launches), rounds)
    ),
    "two layouts": lambda rng, launches, rounds: (
        np.repeat(rng.choice([0, 0.05], launches), rounds), np.repeat(rng.choice([-0.01, 0.01], launches), rounds)
    ),
}  # fmt: skip
NOISES |= PER_LAUNCH
