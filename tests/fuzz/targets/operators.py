"""Damaged models of one operator each, from the cases that every operator has, and of a few small graphs."""

from __future__ import annotations

import numpy as np

from ..damage import damaged_model
from ..models import FEW, all_cases
from ..trial import attempt

SHARE = 3  # of a campaign's time, where other targets have 1


def prepare() -> list[bytes]:
    few = [make().to_bytes() for make in FEW]
    return few * 8 + [content for _, content in all_cases()]


def attack(seeds: list[bytes], number: int) -> tuple[str, int]:
    rng = np.random.default_rng(number)
    return attempt(damaged_model(seeds[rng.integers(len(seeds))], rng), number)
