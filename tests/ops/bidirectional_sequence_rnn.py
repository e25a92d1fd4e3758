"""Cases of BIDIRECTIONAL_SEQUENCE_RNN."""

from __future__ import annotations

from ..cases import Case, T, hybrid
from .rnn import cell, random


def both(batch: int, time: int, inputs: int, outputs: tuple[int, int], second: str = "", merge: bool = False, major: bool = False) -> Case:
    """`second` says what a second sequence is for: `cross` for both cells, `stack` for the backward one alone."""
    shape = (time, batch, inputs) if major else (batch, time, inputs)
    given: list[T | None] = [T(shape), *cell(batch, inputs, outputs[0]), *cell(batch, inputs, outputs[1])]
    given += [T(shape) if second else None]
    given += [random(count, inputs) for count in outputs] if second == "cross" else [None, None]
    options = {"fused_activation_function": "TANH", "merge_outputs": merge, "time_major": major}
    case = Case("BIDIRECTIONAL_SEQUENCE_RNN", given, [T(())] * (1 if merge else 2), options, runs=2)
    case.name += f"-{second}"
    return case


CASES = [
    both(2, 5, 7, (6, 9)),
    both(1, 4, 20, (33, 17), merge=True),
    both(3, 4, 5, (8, 8), merge=True, major=True),
    both(2, 3, 6, (5, 7), major=True),
    both(2, 3, 6, (5, 7), "cross"),
    # In a sequence that is not time-major, LiteRT's kernel forgets what it is for and reads the first one.
    both(2, 3, 6, (5, 7), "stack", major=True),
    both(2, 3, 6, (5, 7), "cross", merge=True, major=True),
]
# LiteRT's kernel with INT8 weights goes through time-major sequences more than once, and has too little room for a zero point of a
# second input: tests/test_conformance.py.
CASES += [
    hybrid(both(2, 5, 7, (6, 9))),
    hybrid(both(1, 4, 20, (33, 17), merge=True), asymmetric=True),
    hybrid(both(2, 3, 6, (5, 7), "cross")),
]
