"""Cases of AVERAGE_POOL_2D."""

from __future__ import annotations

from ..cases import Case, T

WINDOWS = [
    ((1, 8, 9, 3), dict(filter_height=2, filter_width=2, stride_h=2, stride_w=2, padding="VALID")),
    ((2, 7, 5, 16), dict(filter_height=3, filter_width=3, stride_h=1, stride_w=1, padding="SAME")),
    ((1, 6, 6, 70), dict(filter_height=6, filter_width=6, stride_h=1, stride_w=1, padding="VALID", fused_activation_function="RELU")),
    ((1, 9, 4, 5), dict(filter_height=4, filter_width=3, stride_h=3, stride_w=2, padding="SAME", fused_activation_function="RELU6")),
]

CASES = [
    Case(
        "AVERAGE_POOL_2D",
        [T(shape, type, scale=0.02 if type != "FLOAT32" else None, zero=3)],
        [T((), type, scale=0.02 if type != "FLOAT32" else None, zero=3)],
        options,
        version=1 if type == "FLOAT32" else 2,
    )
    for type in ("FLOAT32", "UINT8", "INT8")
    for shape, options in WINDOWS
]
