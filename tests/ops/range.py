"""Cases of RANGE: with constant ends, and with ends that only a run knows."""

from __future__ import annotations

from ..cases import Case, T


def span(type: str, start: float, limit: float, delta: float, fed: str = "") -> Case:
    """Of start, limit and delta those that `fed` names by their first letter are inputs of the model."""
    inputs = [
        T((), type, low=value, high=value) if letter in fed else T((), type, data=value)
        for letter, value in zip("sld", (start, limit, delta), strict=True)
    ]
    return Case("RANGE", inputs, [T((), type)], name=f"RANGE-{type}-{start}-{limit}-{delta}-{fed}")


CASES = [
    *[
        span(type, start, limit, delta, fed)
        for type in ("INT32", "INT64", "FLOAT32")
        for start, limit, delta in [(0, 10, 1), (3, 18, 4), (5, -6, -2)]
        for fed in ("", "sld", "l")
    ],
    *[span("FLOAT32", start, limit, delta, fed) for start, limit, delta in [(0.1, 7.3, 0.37), (2.5, -3, -0.1)] for fed in ("", "s")],
    span("INT64", -(1 << 62), 1 << 62, 1 << 61),
]
