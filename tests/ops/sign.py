"""Cases of SIGN."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T
from ..families import elementwise

CASES = elementwise("SIGN", "FLOAT32", "INT32")
CASES += [Case("SIGN", [T((7,), data=[0, -0.0, 3, -3, np.inf, -np.inf, np.nan])], [T((7,))], name="SIGN-edges")]
