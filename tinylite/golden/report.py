"""What a check has found, for people, programs and continuous integration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import GoldenError
from .findings import Findings
from .report_data import junit, plain
from .report_text import text

__all__ = ["Report"]


@dataclass(frozen=True)
class Report(Findings):
    """What a check has found; see Findings for what is in it."""

    def raise_if_failed(self) -> None:
        """Raise GoldenError, with this report as its `report`, unless it passes."""
        if not self.passes:
            error = GoldenError(self.text())
            error.report = self
            raise error

    def text(self) -> str:
        """The report as lines of plain text: the first op that differs, whether it is to blame, what shows more, then all that differs."""
        return text(self)

    def plain(self) -> dict[str, Any]:
        """The report as plain data, for JSON. Floats in it may be NaN or infinite."""
        return plain(self)

    def junit(self) -> str:
        """The report as JUnit's XML: a test suite with a test case for each case of the golden."""
        return junit(self)
