"""The random cases of all operators: (operator, output type) -> a function from a random generator to a case.

What is random covers what decides rounding: scales that are powers of two, so that halves are frequent, sums next to halves, zero points
at the ends, results beyond the limits, and sizes on both sides of every block that a kernel works in.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..cases import Case
from . import binary, linear, moving, others, pooling, recurrent, unary

__all__ = ["CASES"]

CASES: dict[tuple[str, str], Callable[[np.random.Generator], Case]] = {
    **linear.CASES,
    **recurrent.CASES,
    **binary.CASES,
    **unary.CASES,
    **pooling.CASES,
    **moving.CASES,
    **others.CASES,
}
