"""What a benchmark has found, as an object that is stored, shown and compared."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from . import stored
from .records import BenchRow, Figures, Measurement, Settings

__all__ = ["Bench", "BenchRow", "Measurement", "Settings"]


@dataclass
class Bench(Figures):
    """What `tinylite.bench` returns: `machine`, `settings`, `rows`, `measured` (when) and `complete`, and what can be asked of them."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all of it as JSON, whole or not at all. Raises FileError."""
        stored.save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Bench:
        """Read what `save` has written. Raises FileError for anything else, with the place in it."""
        return stored.load(cls, path)

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON's types; infinity is None."""
        return stored.to_json(self)
