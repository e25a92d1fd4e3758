"""Cases of MEAN."""

from __future__ import annotations

from ..families import AXES, quantized_reduction, reduction

# LiteRT has no answer for the mean along no dimension, which is left out.
CASES = [
    *reduction("MEAN", "FLOAT32", "INT32", "INT64", axes=AXES[:-1]),
    *quantized_reduction("MEAN", ["UINT8", "INT8"], spread=1.0, axes=AXES[:-1]),
]
