"""What `tinylite.diff` returns: the differences as data, in sentences, and as a page."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from .page import page_of
from .records import Differences
from .sentences import sentences

__all__ = ["ModelDiff"]


@dataclass(frozen=True)
class ModelDiff(Differences):
    """All differences of two models: as fields for programs, `same` for tests, and `sentences` for people.

    graphs     pairs of graphs, even if nothing differs in them
    signatures, metadata, files, records    of the file: `files` are those attached to it, `records` are version and description
    results    for each pair of graphs that was run; empty without `run`
    """

    @property
    def sentences(self) -> list[str]:
        """The differences in plain English, what matters most first. If there are none, a sentence that says so."""
        return sentences(self)

    def plain(self) -> dict[str, Any]:
        """All of it as dicts, lists, texts and numbers, as JSON has them, with `same`, `differences` and `sentences`."""
        found: dict[str, Any] = _plain(self)
        return {"same": self.same, "differences": self.differences, "sentences": self.sentences, **found}

    def html(self) -> str:
        """All of it as one HTML page that needs no network and no script."""
        return page_of(self)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
