"""Damaged models that people have trained: the demo's, and those of ../shared where it is present."""

from __future__ import annotations

import numpy as np

from ..damage import damaged_model
from ..models import real_models
from ..trial import attempt


def prepare() -> list[bytes]:
    return real_models()


def attack(seeds: list[bytes], number: int) -> tuple[str, int]:
    rng = np.random.default_rng(number)
    return attempt(damaged_model(seeds[rng.integers(len(seeds))], rng), number)
