"""Text files of dumps, whatever wrote them."""

from __future__ import annotations

import codecs
import re

from ....errors import FileError
from ....files.io import content_of
from ....limits import check_size

__all__ = ["decoded", "line_of", "text_of", "without_comments"]

_WORKING = 100  # bytes that a character may take, in tokens and numbers of Python, while it is read
_COMMENT = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)


def text_of(path: str) -> str:
    """The text of a file. Raises FileError for what is not text, without the path."""
    content = content_of(path)
    check_size(_WORKING * len(content), "its text", "Dump it as .npy or .bin")
    text = decoded(bytes(content))
    if "\0" in text:
        raise FileError("it is not text: it has zero bytes", "Name files of raw bytes .bin")
    return text


def decoded(content: bytes) -> str:
    """Text in UTF-8, or in UTF-16 with a mark, as PowerShell redirects what programs print; other bytes become replacement characters."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    return content.decode("utf-8-sig", "replace")


def without_comments(text: str) -> str:
    """The text with spaces for comments as in C and Verilog; everything else keeps its place."""
    return _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def line_of(text: str, at: int) -> int:
    """The number of the line, from 1, in which a place of a text is."""
    return text.count("\n", 0, at) + 1
