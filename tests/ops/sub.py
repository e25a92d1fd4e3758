"""Cases of SUB."""

from __future__ import annotations

from ..families import arithmetic

CASES = arithmetic("SUB")
