"""Cases of COS."""

from __future__ import annotations

from ..families import angles, elementwise

CASES = elementwise("COS") + angles("COS")
