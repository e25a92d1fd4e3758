"""Cases of SQUARED_DIFFERENCE."""

from __future__ import annotations

from ..families import binary, quantized_binary

CASES = binary("SQUARED_DIFFERENCE", "FLOAT32", "INT32") + quantized_binary("SQUARED_DIFFERENCE", ["INT8"], spread=4.0)
