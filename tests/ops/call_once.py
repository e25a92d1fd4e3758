"""Cases of CALL_ONCE, with the others that it takes to keep a variable."""

from __future__ import annotations

from ..variables import accumulator

CASES = [accumulator("CALL_ONCE"), accumulator("CALL_ONCE", (2, 2), "INT32")]
