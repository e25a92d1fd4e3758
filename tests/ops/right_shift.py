"""Cases of RIGHT_SHIFT."""

from __future__ import annotations

from ..families import binary

CASES = binary("RIGHT_SHIFT", "INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32")
