"""What is written to the terminal, wherever it is written from."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["console"]


def console() -> Console:
    """Where tables go: as wide as the terminal; files and pipes have room. Names are shown as they are, brackets and all."""
    from rich.console import Console

    wide = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 160
    return Console(width=wide, markup=False, emoji=False, highlight=False)
