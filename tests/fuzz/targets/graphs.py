"""Damaged GraphDefs, converted without TensorFlow: those of seeds/graphs.zip, which has every op that is translated.

What converts is saved, loaded and run.
"""

from __future__ import annotations

import sys

import numpy as np

import tinylite
from tinylite.model import Model

from ..guards import copied
from ..messages import damaged_message
from ..seeds import graphs
from ..trial import attempt, outcome_of

SHARE = 2  # of a campaign's time, where other targets have 1

_RUN = 4  # of so many that convert, one is run


def prepare() -> list[bytes]:
    sys.modules["tensorflow"] = None  # type: ignore[assignment]  # which would be asked for what has no code here, and takes some 300 MB
    # Large graphs, those of control flow, are slow and fewer: all have the same share.
    return list(graphs().values())


def attack(seeds: list[bytes], number: int) -> tuple[str, int]:
    rng = np.random.default_rng(number)
    content = damaged_message("GraphDef", seeds[rng.integers(len(seeds))], rng)
    made: list[Model] = []
    options = {"allow_custom_ops": bool(rng.random() < 0.3), "fuse_lstm": bool(rng.random() < 0.3)}
    outcome = outcome_of(lambda: made.append(tinylite.convert(copied(content), **options)))  # type: ignore[arg-type]
    if made:
        saved: list[bytes] = []
        outcome = outcome_of(lambda: saved.append(made[0].to_bytes()))
        if saved and number % _RUN == 0:
            attempt(saved[0], number)
    return outcome, len(content)
