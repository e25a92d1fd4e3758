"""Cases of READ_VARIABLE, with the others that it takes to keep a variable."""

from __future__ import annotations

from ..variables import accumulator

CASES = [accumulator("READ_VARIABLE"), accumulator("READ_VARIABLE", (2, 2), "INT32")]
