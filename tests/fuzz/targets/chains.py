"""Random graphs of several operators, each as it is (every eighth) or damaged, so that passes and fusions meet what nobody meant.

What passes and fusions make of a sound one must have the results of the graph as it is, bit for bit.
"""

from __future__ import annotations

import numpy as np

from ..chains import chain
from ..damage import damaged_model
from ..trial import attempt

SHARE = 3  # of a campaign's time, where other targets have 1

_SAME = 8  # attacks on one graph: making it takes longer than damaging it


def prepare() -> dict[int, bytes]:
    return {}


def attack(seeds: dict[int, bytes], number: int) -> tuple[str, int]:
    which = number // _SAME
    if which not in seeds:
        seeds.clear()
        seeds[which] = chain(np.random.default_rng(which)).to_bytes()
    if number % _SAME == 0:
        return attempt(seeds[which], number, sound=True)
    return attempt(damaged_model(seeds[which], np.random.default_rng(number)), number)
