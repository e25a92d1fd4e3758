"""Cases of BROADCAST_ARGS."""

from __future__ import annotations

from ..cases import Case, T

SHAPES = [([2, 1, 5], [1, 3, 1]), ([4], [2, 3, 1]), ([5, 6, 7], [1]), ([1], [1]), ([0, 3], [1, 1, 1]), ([8, 3], [8, 3])]

# One of them is known from a run only.
CASES = [
    Case(
        "BROADCAST_ARGS", [T((len(x),), type, low=1, high=1), T((len(y),), type, data=y)], [T((), type)],
        name=f"BROADCAST_ARGS-{type}-ones-{y}",
    )
    for type in ("INT32", "INT64")
    for x, y in [*SHAPES, *((y, x) for x, y in SHAPES)]
]  # fmt: skip
CASES += [
    Case("BROADCAST_ARGS", [T((len(x),), type, data=x), T((len(y),), type, data=y)], [T((), type)], name=f"BROADCAST_ARGS-{type}-{x}-{y}")
    for type in ("INT32", "INT64")
    for x, y in [*SHAPES, *((y, x) for x, y in SHAPES)]
]
