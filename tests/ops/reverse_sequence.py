"""Cases of REVERSE_SEQUENCE."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case(
        "REVERSE_SEQUENCE", [T(shape, type), T((shape[batch],), index, low=0, high=shape[along])], [T((), type)],
        {"seq_dim": along, "batch_dim": batch},
    )
    for type, index in (("FLOAT32", "INT32"), ("UINT8", "INT64"), ("INT16", "INT32"), ("INT32", "INT32"), ("INT64", "INT64"))
    for shape, along, batch in [((4, 6), 1, 0), ((6, 4), 0, 1), ((3, 5, 2), 1, 0), ((5, 2, 3, 4), 0, 2), ((2, 3, 4, 5, 2), 3, 1)]
]  # fmt: skip
