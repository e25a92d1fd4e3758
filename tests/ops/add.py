"""Cases of ADD."""

from __future__ import annotations

from ..families import arithmetic

CASES = arithmetic("ADD")
