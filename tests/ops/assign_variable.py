"""Cases of ASSIGN_VARIABLE, with the others that it takes to keep a variable."""

from __future__ import annotations

from ..variables import accumulator

CASES = [accumulator("ASSIGN_VARIABLE"), accumulator("ASSIGN_VARIABLE", (2, 2), "INT32")]
