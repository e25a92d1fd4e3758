"""Cases of SIN."""

from __future__ import annotations

from ..families import elementwise

CASES = elementwise("SIN")
