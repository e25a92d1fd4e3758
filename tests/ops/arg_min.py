"""Cases of ARG_MIN."""

from __future__ import annotations

from ..families import index_of_extreme

CASES = index_of_extreme("ARG_MIN")
