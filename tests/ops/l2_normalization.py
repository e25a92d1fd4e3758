"""Cases of L2_NORMALIZATION."""

from __future__ import annotations

from ..cases import Case, T
from ..families import EIGHT_BITS

SHAPES = [(1, 10), (3, 7), (2, 3, 4, 33), (50, 1), (2, 1000), (100, 3), (7,)]

CASES = [Case("L2_NORMALIZATION", [T(shape)], [T(shape)]) for shape in SHAPES]
CASES += [Case("L2_NORMALIZATION", [T((4, 5), low=-1e-7, high=1e-7)], [T((4, 5))], name="L2_NORMALIZATION-small")]
CASES += [
    Case(
        "L2_NORMALIZATION", [T(shape, type, scale=0.1, zero=zero, low=low, high=high)],
        [T(shape, type, scale=1 / 128, zero=0 if type == "INT8" else 128)], version=2, name=f"L2_NORMALIZATION-{type}-{shape}-{zero}-{low}",
    )
    for type in EIGHT_BITS
    for shape in SHAPES
    for zero, low, high in [(3, None, None), (100, 99, 101), (0, 0, 1), (127, None, 10)]
]  # fmt: skip
