"""NumPy's files of one array (.npy)."""

from __future__ import annotations

import os

from ...files.io import content_of
from ..golden import Golden
from .base.entry import Entry, Format
from .base.numpy_values import array_reader

__all__ = ["FORMAT"]


def _entries(path: str, golden: Golden) -> list[Entry]:
    name = os.path.splitext(os.path.basename(path))[0]
    return [Entry(name, "", array_reader(lambda: content_of(path)), anonymous=True)]


FORMAT = Format((".npy",), lambda path, head: head.startswith(b"\x93NUMPY"), _entries)
