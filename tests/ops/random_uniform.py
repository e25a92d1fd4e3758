"""Cases of RANDOM_UNIFORM."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("RANDOM_UNIFORM", [T((len(shape),), "INT32", data=shape)], [T(())], {"seed": seed, "seed2": seed2}, runs=3)
    for shape, seed, seed2 in [((5, 7), 42, 1), ((3000,), 0, 9), ((2, 3, 4), -1, 2**40), ((1,), 2**62 + 5, 0), ((0, 3), 1, 2)]
]
