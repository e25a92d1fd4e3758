"""Cases of SHAPE."""

from __future__ import annotations

from ..cases import Case, T

CASES = [Case("SHAPE", [T(shape)], [T((), out)], {"out_type": out}) for shape in [(2, 3, 4), (7,), (0, 5)] for out in ("INT32", "INT64")]
CASES += [Case("SHAPE", [T((2, 3, 4), type, 0.5)], [T((), "INT32")], {"out_type": "INT32"}) for type in ("UINT8", "INT8")]
