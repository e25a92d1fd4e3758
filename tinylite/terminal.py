"""What is written to the terminal, wherever it is written from."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["CONTEXT", "console"]

# What every command's help has in common.
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def console() -> Console:
    """Where tables go: as wide as the terminal; files and pipes have room. Names are shown as they are, brackets and all."""
    from rich.console import Console

    wide = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 160
    return Console(width=wide, markup=False, emoji=False, highlight=False)
