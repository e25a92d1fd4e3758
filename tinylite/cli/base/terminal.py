"""What is written to the terminal, wherever it is written from: nothing that a file says reaches it unless it is `printable`."""

from __future__ import annotations

import json
import math
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from ...text import is_terminal, printable

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["CONTEXT", "console", "echo", "echo_json", "finite", "shown"]

# What every command's help has in common.
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def echo(text: str, err: bool = False, lines: bool = False, **style: Any) -> None:
    """Write a line to stdout, or to stderr; several if the text may have `lines`. `style` is click.style's."""
    click.secho(printable(text, lines), err=err, **style)


def echo_json(data: Any, indent: int | None = None) -> None:
    """Write plain data to stdout as JSON, in ASCII. NaN and infinity, which JSON does not know, become texts."""
    text = json.dumps(finite(data), indent=indent, allow_nan=False)
    click.echo(text.replace("\x7f", "\\u007f"))  # of ASCII, JSON escapes all but this


def finite(data: Any) -> Any:
    """Plain data with the texts "nan", "inf" and "-inf" for the floats that are not numbers."""
    if isinstance(data, float):
        return data if math.isfinite(data) else str(data)
    if isinstance(data, dict):
        return {key: finite(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [finite(item) for item in data]
    return data


def shown(data: Any) -> Any:
    """Plain data with every text in it, keys too, made printable, each on one line: what tables are made of."""
    if isinstance(data, str):
        return printable(data)
    if isinstance(data, dict):
        return {shown(key): shown(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [shown(item) for item in data]
    return data


def console() -> Console:
    """Where tables go: as wide as the terminal; files and pipes have room. Names are shown as they are, brackets and all."""
    from rich.console import Console
    from rich.text import Text

    class Plain(Console):
        """Makes every text printable before its width is measured."""

        def render_str(self, text: str, **options: Any) -> Text:
            return super().render_str(printable(text, lines=True), **options)

    wide = None if is_terminal(sys.stdout) or os.environ.get("COLUMNS") else 160
    return Plain(width=wide, markup=False, emoji=False, highlight=False)
