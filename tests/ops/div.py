"""Cases of DIV."""

from __future__ import annotations

from ..cases import Case, T
from ..families import BROADCASTS, binary

CASES = binary("DIV", "FLOAT32", activations=["NONE", "RELU", "RELU6"])
CASES += [Case("DIV", [T(x, "INT32"), T(y, "INT32", low=1)], [T((), "INT32")]) for x, y in BROADCASTS[:4]]
# A quotient near zero makes LiteRT shift by more than 31 bits, which leads to anything: see test_conformance.py.
CASES += [
    Case(
        "DIV",
        [T(x, "INT8", scale=0.02, zero=-3, low=10), T(y, "INT8", scale=0.03, zero=-128, low=-127)],
        [T((), "INT8", scale=0.05, zero=7)],
        {"fused_activation_function": "RELU"},
        version=2,
    )
    for x, y in BROADCASTS[:4]
]  # fmt: skip
CASES += [
    Case(
        "DIV",
        [T(x, "UINT8", scale=0.02, zero=9, low=30), T(y, "UINT8", scale=0.03, zero=255, high=254)],
        [T((), "UINT8", scale=0.05, zero=70)],
        version=2,
    )
    for x, y in BROADCASTS[:4]
]
