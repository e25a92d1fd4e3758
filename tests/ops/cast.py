"""Cases of CAST."""

from __future__ import annotations

from ..cases import Case, T

TYPES = ("FLOAT32", "FLOAT64", "INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64", "BOOL")

CASES = [
    Case("CAST", [T((3, 40), source)], [T((), target)], {"in_data_type": source, "out_data_type": target})
    for source in TYPES
    for target in TYPES
]
CASES += [
    Case(
        "CAST",
        [T((9,), data=[1e10, -1e10, float("nan"), 2.9, -2.9, 255.5, 3e9, float("inf"), -0.5])],
        [T((), target)],
        {"in_data_type": "FLOAT32", "out_data_type": target},
        name=f"CAST-edges-{target}",
    )
    for target in TYPES
]
