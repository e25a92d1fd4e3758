"""Cases of MEAN."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(11)

AXES = [
    ((2, 3, 4, 5), [1, 2]),
    ((2, 3, 4, 5), [3]),
    ((2, 3, 4, 5), [-4, 2]),
    ((1, 7, 7, 40), [1, 2]),
    ((6, 5), [0, 1]),
    ((4, 3, 2), [0]),
    ((3, 1, 5), [1]),
    ((2, 3), []),
]

CASES = [
    Case("MEAN", [T(shape, type), T((len(axes),), "INT32", data=axes)], [T((), type)], {"keep_dims": keep})
    for type in ("FLOAT32", "INT32", "INT64")
    for shape, axes in AXES[:-1]
    for keep in (False, True)
]
CASES += [
    Case(
        "MEAN",
        [T(shape, **quantized(rng, type)), T((len(axes),), "INT32", data=axes)],
        [T((), **quantized(rng, type, 1.0))],
        {"keep_dims": keep},
        version=2,
    )
    for type in ("UINT8", "INT8")
    for shape, axes in AXES[:-1]
    for keep in (False, True)
]
