"""Cases of COS."""

from __future__ import annotations

from ..families import elementwise

CASES = elementwise("COS")
