"""Cases of BITCAST."""

from __future__ import annotations

from ..cases import Case, T

CASES = [
    Case("BITCAST", [T(shape, source)], [T((), target)], name=f"BITCAST-{source}-{target}-{shape}")
    for source, target, shape in [
        ("INT32", "FLOAT32", (3, 5)), ("FLOAT32", "INT32", ()), ("INT64", "INT32", (2, 3)), ("INT32", "UINT8", (7,)),
        ("UINT8", "INT32", (2, 3, 4)), ("INT16", "INT64", (5, 4)), ("INT8", "UINT8", (0, 3)), ("UINT8", "INT16", (2,)),
    ]
]  # fmt: skip
