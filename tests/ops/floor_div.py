"""Cases of FLOOR_DIV."""

from __future__ import annotations

from ..cases import Case, T
from ..families import dividing

CASES = dividing("FLOOR_DIV", "FLOAT32", "INT8", "INT16", "INT32")
# 1 over a tenth is 10 in float, and less in double.
CASES += [Case("FLOOR_DIV", [T((3,), data=[1, 0.3, 0.7]), T((), data=0.1)], [T(())], name="FLOOR_DIV-double")]
CASES += [
    Case(
        "FLOOR_DIV",
        [T((4,), "INT32", data=[-(2**31), -(2**31), 2**31 - 1, 5]), T((4,), "INT32", data=[-1, -(2**31), -2, -(2**31)])],
        [T((), "INT32")],
    )
]
