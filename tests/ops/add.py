"""Cases of ADD."""

from __future__ import annotations

import itertools

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(4)

SHAPES = [
    ((2, 3, 4, 5), (2, 3, 4, 5)), ((1, 7, 5, 3), (3,)), ((4,), (1, 7, 5, 4)), ((2, 1, 4, 1), (1, 3, 1, 5)), ((), (3, 2)), ((20, 100), (1,)),
    ((1, 6, 6, 40), (1, 1, 1, 40)), ((3, 1, 2, 1, 4), (1, 5, 1, 3, 1)), ((0, 3), (1, 3)),
]  # fmt: skip

CASES = [
    Case("ADD", [T(x), T(y)], [T(())], {"fused_activation_function": activation})
    for (x, y), activation in zip(SHAPES, itertools.cycle(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"]), strict=False)
]
CASES += [
    Case(
        "ADD",
        [T(x, **quantized(rng, type)), T(y, **quantized(rng, type))],
        [T((), **quantized(rng, type, 2.0))],
        {"fused_activation_function": activation},
        version=2,
    )
    for type in ("UINT8", "INT8")
    for (x, y), activation in zip(SHAPES, itertools.cycle(["NONE", "RELU", "RELU6", "NONE"]), strict=False)
]
CASES += [
    Case("ADD", [T(x, type), T(y, type)], [T((), type)], {"fused_activation_function": "RELU6"})
    for type in ("INT32", "INT64")
    for x, y in SHAPES[:4]
]
