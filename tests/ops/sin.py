"""Cases of SIN."""

from __future__ import annotations

from ..families import angles, elementwise

CASES = elementwise("SIN") + angles("SIN")
