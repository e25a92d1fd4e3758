"""Cases of RESIZE_BILINEAR."""

from __future__ import annotations

from ..families import resize

CASES = resize("RESIZE_BILINEAR", "FLOAT32", "UINT8", "INT8")
