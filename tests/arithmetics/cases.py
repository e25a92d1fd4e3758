"""The random cases of all operators: (operator, output type) -> a function from a random generator to a case.

What is random covers what decides rounding: scales that are powers of two, so that halves are frequent, sums next to halves, zero points
at the ends, results beyond the limits, and sizes on both sides of every block that a kernel works in.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..cases import Case, T
from . import linear

__all__ = ["CASES"]


def reshape(rng: np.random.Generator) -> Case:
    rows, columns = (int(size) for size in rng.integers(1, 20, 2))
    scale, zero = float(np.float32(rng.uniform(0.01, 1))), int(rng.integers(-128, 128))
    shape = T((2,), "INT32", data=[columns, rows])
    return Case(
        "RESHAPE", [T((rows, columns), "INT8", scale=scale, zero=zero), shape], [T((columns, rows), "INT8", scale=scale, zero=zero)]
    )


CASES: dict[tuple[str, str], Callable[[np.random.Generator], Case]] = {**linear.CASES, ("RESHAPE", "INT8"): reshape}
