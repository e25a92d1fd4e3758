"""Cases of MUL."""

from __future__ import annotations

from ..families import arithmetic

CASES = arithmetic("MUL")
