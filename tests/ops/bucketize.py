"""Cases of BUCKETIZE."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T

CASES = [
    *[
        Case(
            "BUCKETIZE", [T(shape, type, low=-10, high=10)], [T(shape, "INT32")], {"boundaries": np.array(boundaries, np.float32)},
            name=f"BUCKETIZE-{type}-{list(shape)}-{boundaries}",
        )
        for type in ("FLOAT32", "FLOAT64", "INT32", "INT64")
        for shape, boundaries in [((3, 5), [0.0, 1.5, 3.0]), ((300,), [-4.0, -4.0, 2.0, 2.0, 7.0]), ((4, 1, 2), [1.0])]
    ],
    *[
        Case("BUCKETIZE", [T((5,), type, data=numbers)], [T((5,), "INT32")], {"boundaries": np.array([1, 2**24, 2**30], np.float32)},
             name=f"BUCKETIZE-{type}-rounded")
        for type in ("INT32", "INT64")
        for numbers in [[1, 2**24 - 1, 2**24, 2**30 - 1, 2**30 - 64]]
    ],
    Case("BUCKETIZE", [T((4,), "FLOAT64", data=[1.0 - 1e-12, 1.0, np.nan, np.inf])], [T((4,), "INT32")],
         {"boundaries": np.array([0.5, 1.0, 2.0], np.float32)}, name="BUCKETIZE-FLOAT64-fine"),
]  # fmt: skip
