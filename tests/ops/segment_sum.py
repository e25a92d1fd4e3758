"""Cases of SEGMENT_SUM, which BUILTIN_REF lacks: with constant ids, and with ids of all zeros that a run computes."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case(
        "SEGMENT_SUM", [T(shape, type), T((len(ids),), "INT32", data=ids) if fixed else T((len(ids),), "INT32", low=0, high=0)],
        [T((), type)], reference="BUILTIN_WITHOUT_DEFAULT_DELEGATES", name=f"SEGMENT_SUM-{type}-{list(shape)}-{ids}-{fixed}",
    )
    for type in ("FLOAT32", "INT32")
    for shape, ids in [((5,), [0, 0, 1, 2, 2]), ((4, 3), [0, 1, 1, 1]), ((3, 2, 70), [0, 0, 0]), ((1, 130), [0])]
    for fixed in (True, False)
]  # fmt: skip
