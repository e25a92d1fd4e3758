"""Cases of BITWISE_XOR."""

from __future__ import annotations

from ..families import binary

CASES = binary("BITWISE_XOR", "INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32")
