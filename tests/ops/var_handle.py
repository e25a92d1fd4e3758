"""Cases of VAR_HANDLE, with the others that it takes to keep a variable."""

from __future__ import annotations

from ..variables import accumulator

CASES = [accumulator("VAR_HANDLE"), accumulator("VAR_HANDLE", (2, 2), "INT32")]
