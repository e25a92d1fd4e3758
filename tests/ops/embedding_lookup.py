"""Cases of EMBEDDING_LOOKUP: rows as they are, and multiplied by scales."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T

LIMITS = {"INT8": (-128, 127), "UINT8": (0, 255), "INT4": (-8, 7), "INT2": (-2, 1)}


def dequantized(type: str, shape: tuple[int, ...], per_row: bool, output: str) -> Case:
    rng = np.random.default_rng(len(shape))
    scale = rng.uniform(0.01, 0.1, shape[0] if per_row else 1)
    table = T(shape, type, scale=scale, zero=0, data=rng.integers(*LIMITS[type], shape, endpoint=True))
    name = f"EMBEDDING_LOOKUP-{type}-{list(shape)}-{per_row}-{output}"
    return Case("EMBEDDING_LOOKUP", [T((4,), "INT32", low=0, high=shape[0] - 1), table], [T((), output)], name=name, version=4)


CASES = [
    *[
        Case("EMBEDDING_LOOKUP", [T((5,), "INT32", low=0, high=shape[0] - 1), T(shape, type)], [T((), type)])
        for type in ("FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64", "BOOL")
        for shape in [(7, 3), (2, 3, 5)]
    ],
    Case("EMBEDDING_LOOKUP", [T((3,), "INT32", low=0, high=4), T((5, 8), "INT8", scale=0.1, zero=7)], [T((), "INT8", scale=0.1, zero=7)]),
    *[
        dequantized(type, shape, per_row, output)
        for type in LIMITS
        for shape in [(7, 8), (3, 2, 4)]
        for per_row in (False, True)
        for output in ("FLOAT32", "FLOAT16")
    ],
]
