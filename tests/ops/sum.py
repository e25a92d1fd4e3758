"""Cases of SUM."""

from __future__ import annotations

from ..families import quantized_reduction, reduction

# Of INT8, which LiteRT's reference kernel gets wrong, see test_conformance.py.
CASES = reduction("SUM", "FLOAT32", "INT32", "INT64", "BOOL") + quantized_reduction("SUM", ["UINT8"], spread=8.0)
