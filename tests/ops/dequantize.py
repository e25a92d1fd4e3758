"""Cases of DEQUANTIZE."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, quantized

rng = np.random.default_rng(14)

CASES = [
    Case("DEQUANTIZE", [T(shape, **quantized(rng, type))], [T(())], version=2) for type in ("UINT8", "INT8") for shape in [(3, 5), (256,)]
]
CASES += [Case("DEQUANTIZE", [T((3, 5), "INT16", scale=0.001)], [T(())], version=3)]
CASES += [Case("DEQUANTIZE", [T((3, 4, 5), "INT8", scale=rng.uniform(0.01, 0.1, 4), axis=1)], [T(())], version=5)]
CASES += [Case("DEQUANTIZE", [T((3, 50), "FLOAT16")], [T(())], version=3)]
CASES += [
    Case("DEQUANTIZE", [T((6,), "FLOAT16", data=[0, 1e-7, 6e-8, 65504, np.inf, -np.inf])], [T(())], version=3, name="DEQUANTIZE-halves")
]
