"""What a format is: a module in formats/ that defines `write` and `read`."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

from .vector import Vector, VectorSet

__all__ = ["File", "Format", "Held", "Settings"]


class Settings(NamedTuple):
    """How a folder is written.

    bus      bits of a line of memh and coe files, or None for an element a line
    lanes    where the first element of such a line is: in its least significant bits ("lsb-first") or its most ("msb-first")
    layout   the order of the axes of arrays with four, as letters of "nhwc", in files that hold no shape
    said     lines for comments: what made the file, and of what
    """

    bus: int | None = None
    lanes: str = "lsb-first"
    layout: str = "nhwc"
    said: tuple[str, ...] = ()


class Held(NamedTuple):
    """An array that a file holds, and what its format has to say of where it is there: what JSON can hold."""

    vector: Vector
    where: dict[str, Any] = {}  # noqa: RUF012, read only


class File(NamedTuple):
    """A file of a set: its path in the set's folder, what is in it, and the arrays that are read back from it."""

    path: str
    content: bytes
    held: tuple[Held, ...] = ()


class Format(Protocol):
    """A module of formats/.

    `settings` that it minds are in `TAKES`: "bus", "layout".
    """

    TAKES: tuple[str, ...]

    def write(self, made: VectorSet, settings: Settings) -> list[File]:
        """The files of a set. Raises UnsupportedError for what the format cannot hold."""

    def read(self, content: memoryview, held: dict[str, Any]) -> np.ndarray:
        """An array of a file, whose entry in the manifest is `held`: dtype, shape, and what `Held.where` said.

        Raises FileError or ValueError for content that does not hold it.
        """
