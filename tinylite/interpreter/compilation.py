"""What people see while kernels are compiled."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from ..text import is_terminal

__all__ = ["show_compilation"]


def show_compilation(done: int, total: int, seconds: float) -> None:
    """The first run on a machine compiles kernels: say so, on one line if it is somebody's terminal."""
    if os.environ.get("TINYLITE_QUIET"):
        return
    terminal = is_terminal(sys.stderr)
    text = end = ""
    if done == 0:
        text, end = f"tinylite: compiling {total} kernels for this CPU (once; they are kept)", " " if terminal else "\n"
    elif terminal:
        text, end = "." if done < total else f". {seconds:.1f} s", "\n" if done == total else ""
    elif done == total:
        text, end = f"tinylite: compiled {total} kernels in {seconds:.1f} s", "\n"
    if text:
        with suppress(OSError, ValueError):  # stderr that is closed, full or a pipe that nobody reads any more is not a reason not to run
            print(text, end=end, file=sys.stderr, flush=True)
