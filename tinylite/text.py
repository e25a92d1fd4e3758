"""Text that comes from a file, made fit to be shown."""

from __future__ import annotations

from typing import IO, Any

__all__ = ["is_terminal", "printable"]

_LONGEST = 600  # characters of a line that is shown
_MOST_LINES = 200
_MOST = 20_000  # characters of all lines


def is_terminal(stream: IO[Any] | None) -> bool:
    """Whether somebody looks at what is written to stdout or stderr; not where they are closed, or None for want of a console."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def printable(text: str, lines: bool = False) -> str:
    """A text that may come from a file as it can be shown: what a terminal would obey, or not show, becomes visible escapes.

    Those are all characters that Unicode does not call printable: controls, escape sequences, marks that turn the direction of
    writing, letters without width, halves of surrogate pairs. Line breaks too, unless the text may have `lines`. What is very
    long loses its middle.
    """
    if len(text) <= _LONGEST and text.isprintable():
        return text
    parts = text.split("\n") if lines else [text]
    parts = [part if len(part) <= _LONGEST else f"{part[: _LONGEST * 3 // 4]} ... {part[-_LONGEST // 4 :]}" for part in parts]
    if len(parts) > _MOST_LINES:
        parts = [*parts[: _MOST_LINES - 1], f"... and {len(parts) - _MOST_LINES + 1} more lines"]
    shown = "\n".join("".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in part) for part in parts)
    return shown if len(shown) <= _MOST else f"{shown[: _MOST * 3 // 4]} ... {shown[-_MOST // 4 :]}"
