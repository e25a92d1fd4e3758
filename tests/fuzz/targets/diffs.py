"""Damaged models compared with sound ones, and with each other: small ones of every operator, and some that people have trained."""

from __future__ import annotations

import numpy as np

import tinylite

from ..damage import damaged_model
from ..models import all_cases, real_models
from ..trial import outcome_of

_LONGEST = 200_000  # bytes of a model; what is compared of larger ones is the same


def prepare() -> list[bytes]:
    return [*(content for _, content in all_cases()), *(content for content in real_models() if len(content) <= _LONGEST)]


def attack(seeds: list[bytes], number: int) -> tuple[str, int]:
    rng = np.random.default_rng(number)
    content = seeds[rng.integers(len(seeds))]
    other = content if number % 2 else seeds[rng.integers(len(seeds))]
    pair = [content if number % 4 == 1 else damaged_model(content, rng), damaged_model(other, rng)]

    def compare() -> None:
        found = tinylite.diff(*pair, run=False)
        assert found.sentences and found.plain() and found.html()
        same = tinylite.diff(pair[0], pair[0], run=False)
        assert same.same, f"a model differs from itself: {same.sentences}"

    return outcome_of(compare), sum(map(len, pair))
