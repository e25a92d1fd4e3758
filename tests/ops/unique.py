"""Cases of UNIQUE."""

from __future__ import annotations

from ..cases import Case, T


def unique(input: T, index: str, name: str = "") -> Case:
    return Case("UNIQUE", [input], [T((), input.type), T((), index)], {"idx_out_type": index}, name=name)


CASES = [
    *[
        unique(T((size,), type, low=0, high=high), index, f"UNIQUE-{type}-{size}-{high}-{index}")
        for type in ("FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64")
        for size, high, index in [(10, 3, "INT32"), (1, 1, "INT64"), (1000, 120, "INT64")]
    ],
    unique(T((6,), "FLOAT32", data=[0.0, -0.0, 1.5, -1.5, 1.5, 0.0]), "INT32", "UNIQUE-zeros"),
    unique(T((5,), "INT64", data=[1 << 40, 1, 1 << 40, -(1 << 63), 1]), "INT64", "UNIQUE-wide"),
]
