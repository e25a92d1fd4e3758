"""Cases of SVDF."""

from __future__ import annotations

from ..cases import Case, T, hybrid
from .rnn import random


def filtered(batch: int, inputs: int, units: int, rank: int, memory: int, bias: bool = True, activation: str = "NONE") -> Case:
    filters = units * rank
    given = [T((batch, inputs)), random(filters, inputs), random(filters, memory), random(units) if bias else None]
    options = {"rank": rank, "fused_activation_function": activation}
    return Case("SVDF", [*given, T((batch, filters * memory), variable=True)], [T(())], options, runs=4)


CASES = [
    filtered(1, 3, 4, 1, 10),
    filtered(2, 3, 4, 2, 10, activation="RELU"),
    filtered(3, 40, 17, 3, 20, bias=False, activation="TANH"),
    filtered(1, 5, 2, 1, 1),
]
CASES += [hybrid(case, asymmetric) for case in CASES for asymmetric in (False, True)]
