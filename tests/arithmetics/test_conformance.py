"""Every rule of every arithmetic against what the arithmetic is named after."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from tinylite import Interpreter, Model
from tinylite.arithmetic import ARITHMETICS

from ..conftest import feed_and_run
from .cases import CASES
from .oracles import ORACLES

RULES = [(name, *place) for name in ORACLES for place in (ARITHMETICS[name].rules or {})]


def run(model: Model, arithmetic: str, feeds: list[np.ndarray]) -> list[np.ndarray]:
    interpreter = Interpreter(model, arithmetic=arithmetic)
    interpreter.allocate_tensors()
    return feed_and_run(interpreter, feeds, 1)


def compare(arithmetic: str, code: str, type: str, seeds: range) -> int:
    """Assert that a case of each seed has the oracle's bits; returns how many have others in "litert-reference"."""
    others = 0
    for seed in seeds:
        case = CASES[code, type](np.random.default_rng([seed, zlib.crc32(f"{code} {type}".encode())]))
        model, feeds = case.model(), case.feeds(seed)
        found, wanted = run(model, arithmetic, feeds), ORACLES[arithmetic](model, feeds)
        for one, other in zip(found, wanted, strict=True):
            assert one.dtype == other.dtype and one.shape == other.shape
            assert np.array_equal(one, other), f"seed {seed}: {np.count_nonzero(one != other)} of {one.size} differ: {case.name}"
        others += not all(map(np.array_equal, found, run(model, "litert-reference", feeds)))
    return others


def test_every_rule_has_cases() -> None:
    assert [place for _, *place in RULES if tuple(place) not in CASES] == []


@pytest.mark.parametrize(("arithmetic", "code", "type"), RULES)
def test_bits(arithmetic: str, code: str, type: str) -> None:
    compare(arithmetic, code, type, range(20))


@pytest.mark.slow
@pytest.mark.parametrize(("arithmetic", "code", "type"), RULES)
def test_bits_in_500_cases(arithmetic: str, code: str, type: str) -> None:
    others = compare(arithmetic, code, type, range(1000, 1500))
    # A rule that never shows a difference is none; and where there is none, there is no difference.
    rules = ARITHMETICS[arithmetic].rules or {}
    assert bool(others) == (rules[code, type] is not None)
