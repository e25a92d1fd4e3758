"""Cases of RFFT2D."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("RFFT2D", [T(shape), T((2,), "INT32", data=lengths)], [T((), "COMPLEX64")])
    for shape, lengths in [
        ((4, 4), [4, 4]),
        ((8, 16), [8, 16]),
        ((2, 3, 7, 9), [8, 8]),
        ((3, 20, 40), [16, 32]),
        ((1, 512), [1, 512]),
        ((5, 6, 8), [16, 2]),
        ((64, 32), [64, 32]),
    ]
]
