"""Cases of POW."""

from __future__ import annotations

from ..cases import Case, T
from ..families import BROADCASTS, edges

CASES = [Case("POW", [T(x, "FLOAT32", low=0.01, high=5), T(y, "FLOAT32", low=-4, high=4)], [T(())]) for x, y in BROADCASTS] + [
    Case("POW", [T((50,), "INT32", low=-5, high=5), T((50,), "INT32", low=0, high=8)], [T((), "INT32")]),
    Case("POW", [T((50,), "FLOAT32"), T((50,), "FLOAT32", data=[float(n % 9 - 4) for n in range(50)])], [T(())]),
]
CASES += edges("POW")
# What no int32 holds becomes the least of them.
CASES += [
    Case("POW", [T((400,), "INT32", low=-40, high=40), T((400,), "INT32", low=0, high=45)], [T((), "INT32")]),
    Case(
        "POW",
        [T((6,), "INT32", data=[-2, 2, -2, 0, -1, 1]), T((6,), "INT32", data=[31, 31, 32, 0, 2147483647, 2147483647])],
        [T((), "INT32")],
    ),
]
