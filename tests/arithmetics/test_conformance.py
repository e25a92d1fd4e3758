"""Every rule of every arithmetic against what the arithmetic is named after."""

from __future__ import annotations

import itertools
import zlib
from pathlib import Path

import numpy as np
import pytest

from tinylite import Interpreter, Model, UnprovenError
from tinylite.arithmetic import ARITHMETICS, Rule
from tinylite.ops.linear.pairs import CONVOLUTION, DENSE, MATRICES

from ..conftest import feed_and_run
from .cases import CASES
from .oracles import ORACLES

# The rules of the reference kernels.
PAIRS = {
    "CONV_2D": CONVOLUTION,
    "DEPTHWISE_CONV_2D": CONVOLUTION,
    "TRANSPOSE_CONV": CONVOLUTION,
    "FULLY_CONNECTED": DENSE,
    "BATCH_MATMUL": MATRICES,
}

# The table of what this has found, which `python -m tests.arithmetics` writes.
PAGE = Path(__file__).parent.parent.parent / "docs" / "arithmetics.md"
START, END = "<!-- cases: made by python -m tests.arithmetics -->", "<!-- end of cases -->"

RULES = [(name, *place) for name in ORACLES for place in (ARITHMETICS[name].rules or {})]


def run(model: Model, arithmetic: str, feeds: list[np.ndarray]) -> list[np.ndarray]:
    interpreter = Interpreter(model, arithmetic=arithmetic)
    interpreter.allocate_tensors()
    return feed_and_run(interpreter, feeds, 1)


def compare(arithmetic: str, code: str, type: str, seeds: range) -> int:
    """Assert that as many cases as seeds have the oracle's bits; returns how many have others in "litert-reference".

    In place of cases whose details the arithmetic is not proven for, there are those of seeds after the range.
    """
    others = done = refused = 0
    for seed in itertools.count(seeds.start):
        case = CASES[code, type](np.random.default_rng([seed, zlib.crc32(f"{code} {type}".encode())]))
        model, feeds = case.model(), case.feeds(seed)
        try:
            found = run(model, arithmetic, feeds)
        except UnprovenError:
            refused += 1
            assert refused < 5 * len(seeds)
            continue
        wanted = ORACLES[arithmetic](model, feeds)
        for one, other in zip(found, wanted, strict=True):
            assert one.dtype == other.dtype and one.shape == other.shape
            assert np.array_equal(one, other), f"seed {seed}: {np.count_nonzero(one != other)} of {one.size} differ: {case.name}"
        others += not all(map(np.array_equal, found, run(model, "litert-reference", feeds)))
        done += 1
        if done == len(seeds):
            break
    return others


def test_every_rule_has_cases() -> None:
    assert [place for _, *place in RULES if tuple(place) not in CASES] == []


@pytest.mark.parametrize(("arithmetic", "code", "type"), RULES)
def test_bits(arithmetic: str, code: str, type: str) -> None:
    compare(arithmetic, code, type, range(10))


@pytest.mark.slow
@pytest.mark.parametrize(("arithmetic", "code", "type"), RULES)
def test_bits_in_500_cases(arithmetic: str, code: str, type: str) -> None:
    others = compare(arithmetic, code, type, range(1000, 1500))
    # A rule that never shows a difference is none; and where there is none, there is no difference. One that says what the reference
    # kernels do is there for what it leaves out.
    rule = (ARITHMETICS[arithmetic].rules or {})[code, type]
    reference = [pair.rule for pair in PAIRS.get(code, ()) if pair.output == type] or [Rule("")]
    assert bool(others) == (rule is not None and all((rule.method, rule.factor) != (one.method, one.factor) for one in reference))


def test_the_table_in_the_docs_has_every_rule() -> None:
    """python -m tests.arithmetics writes it."""
    table = PAGE.read_text().split(START)[1].split(END)[0]
    (head, _, *lines) = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|"))
    names = [name.strip("`") for name in head[2:]]
    there = {(name, code, type) for code, type, *cells in lines for name, cell in zip(names, cells, strict=True) if cell}
    assert there == set(RULES)
