"""What a benchmark has found, as an object that is stored, shown and compared."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import stored
from .compare import compare
from .comparison import Comparison
from .csv_table import bench_csv
from .pictures.page import save_html
from .records import BenchRow, Figures, Measurement, Settings
from .tables import bench_grid, bench_markdown

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["Bench", "BenchRow", "Measurement", "Settings"]


@dataclass(repr=False)
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

    def csv(self) -> str:
        """A line for each row, for programs: seconds, ratios and the ends of their 95 % intervals as numbers."""
        return bench_csv(self)

    def markdown(self) -> str:
        """A table for people, with the digits that figures carry, and notes on what was refused and what is doubtful."""
        return bench_markdown(self)

    def save_html(self, path: str | os.PathLike[str], comparison: Comparison | None = None) -> None:
        """Write a report with pictures as one page, whole or not at all. Raises FileError, and MissingPackageError without matplotlib."""
        save_html(self, path, comparison)

    def compare(self, old: Figures, fail_above: float = 0.05, history: Iterable[Figures] = ()) -> Comparison:
        """What has changed since `old`: see tinylite/benching/compare.py. Raises SettingError where they cannot be compared."""
        return compare(old, self, fail_above, history)

    def __repr__(self) -> str:
        baselines = dict.fromkeys(each.name for row in self.rows for each in row.measurements[1:])
        beside = f" beside {', '.join(baselines)}" if baselines else ""
        return f"<Bench of {len(self.rows)} {'row' if len(self.rows) == 1 else 'rows'}{beside}, {self.measured}>"

    def __rich__(self) -> RenderableType:
        return bench_grid(self).rich()

    def _repr_html_(self) -> str:
        return bench_grid(self).html()
