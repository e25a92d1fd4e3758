"""Cases of RANK."""

from __future__ import annotations

from ..cases import Case, T

CASES = [Case("RANK", [T(shape)], [T((), "INT32")]) for shape in [(2, 3, 4), (), (0, 5)]]
CASES += [Case("RANK", [T((2, 3, 4), type, 0.5)], [T((), "INT32")]) for type in ("UINT8", "INT8")]
