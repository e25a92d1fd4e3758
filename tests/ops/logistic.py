"""Cases of LOGISTIC."""

from __future__ import annotations

from ..cases import Case, T
from ..families import elementwise, full_range, tabulated

CASES = [
    *elementwise("LOGISTIC"),
    Case("LOGISTIC", [T((64,), low=-100, high=100)], [T((64,))]),
    *tabulated("LOGISTIC", output=full_range),
]
