"""Cases of RESIZE_NEAREST_NEIGHBOR."""

from __future__ import annotations

from ..families import resize

CASES = resize("RESIZE_NEAREST_NEIGHBOR", "FLOAT32", "UINT8", "INT8", "INT32")
