"""What a pass is: a function that edits a Graph in place and returns how many changes it made; and whether results keep their bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..model import Graph

__all__ = ["Pass", "changes_bits", "does_keep_bits", "keeps_bits"]

Pass = Callable[[Graph], int]


def keeps_bits(change: Pass) -> Pass:
    """Mark a pass after which every output has the same bits: it may run on any model, before each run."""
    marked: Any = change
    marked.keeps_bits = True
    return change


def changes_bits(change: Pass) -> Pass:
    """Mark a pass after which floats may be rounded otherwise, or zeros have another sign: it runs where a model is made."""
    marked: Any = change
    marked.keeps_bits = False
    return change


def does_keep_bits(change: Pass) -> bool:
    """Which of both a pass is marked as. Raises AttributeError for a function that is not marked."""
    marked: Any = change
    return bool(marked.keeps_bits)
