"""Cases of DIV."""

from __future__ import annotations

import itertools

import numpy as np

from ..cases import Case, T

rng = np.random.default_rng(4)

SHAPES = [
    ((2, 3, 4, 5), (2, 3, 4, 5)), ((1, 7, 5, 3), (3,)), ((4,), (1, 7, 5, 4)), ((2, 1, 4, 1), (1, 3, 1, 5)), ((), (3, 2)), ((20, 100), (1,)),
    ((1, 6, 6, 40), (1, 1, 1, 40)), ((3, 1, 2, 1, 4), (1, 5, 1, 3, 1)), ((0, 3), (1, 3)),
]  # fmt: skip

CASES = [
    Case("DIV", [T(x), T(y)], [T(())], {"fused_activation_function": activation})
    for (x, y), activation in zip(SHAPES, itertools.cycle(["NONE", "RELU", "RELU6"]), strict=False)
]
CASES += [Case("DIV", [T(x, "INT32"), T(y, "INT32", low=1)], [T((), "INT32")]) for x, y in SHAPES[:4]]
# A quotient near zero makes LiteRT shift by more than 31 bits, which gives anything: see test_conformance.py.
CASES += [
    Case(
        "DIV",
        [T(x, "INT8", scale=0.02, zero=-3, low=10), T(y, "INT8", scale=0.03, zero=-128, low=-127)],
        [T((), "INT8", scale=0.05, zero=7)],
        {"fused_activation_function": "RELU"},
        version=2,
    )
    for x, y in SHAPES[:4]
]  # fmt: skip
CASES += [
    Case(
        "DIV",
        [T(x, "UINT8", scale=0.02, zero=9, low=30), T(y, "UINT8", scale=0.03, zero=255, high=254)],
        [T((), "UINT8", scale=0.05, zero=70)],
        version=2,
    )
    for x, y in SHAPES[:4]
]
