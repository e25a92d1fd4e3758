"""What a dump holds: entries, each an array that is read when it is known which tensor it is of."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....errors import FileError
from ...golden import Golden, GoldenTensor, native

__all__ = ["STACK", "Entry", "Format", "Wanted", "as_wanted", "check_count", "count_problem", "from_bytes"]

STACK = "Give the cases one after the other, as many as the golden has, or name arrays CASE/NAME, such as 0/logits"


@dataclass(frozen=True)
class Wanted:
    """What an entry should be: a tensor, in `cases` cases one after the other, each of this shape."""

    tensor: GoldenTensor
    shape: tuple[int, ...]
    cases: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its numbers. Raises FileError for text, which only NumPy's formats and CRC32s say."""
        if self.tensor.dtype == "str":
            raise FileError(f"{self.said} holds text, which this format does not", "Give it in an .npz file")
        return np.dtype(self.tensor.dtype)

    @property
    def count(self) -> int:
        """The elements of all cases."""
        return self.cases * math.prod(self.shape)

    @property
    def said(self) -> str:
        return f"tensor {self.tensor.name!r}, {self.tensor.dtype} {list(self.shape)},"

    def stacked(self, flat: np.ndarray) -> np.ndarray:
        """Elements [count] as [cases, *shape]."""
        return flat.reshape(self.cases, *self.shape)


# Reads an entry as [cases, *shape]. Raises FileError without a place.
Read = Callable[[Wanted], np.ndarray]


@dataclass(frozen=True)
class Entry:
    """An array, or a CRC32, that a dump holds.

    name        what the dump calls it; matched with the golden's tensors (names.py)
    place       where it is in the dump, for messages: "array 'logits'", "line 12", or "" where the dump is nothing else
    value       reads it, or is its CRC32
    case        the case that it is of; None where the dump does not say: the only one, or all of them one after the other
    anonymous   whether the name may say nothing, as that of a file may: then it is the golden's only output
    """

    name: str
    place: str
    value: Read | int
    case: int | None = None
    anonymous: bool = False


@dataclass(frozen=True)
class Format:
    """A format of dumps.

    extensions  of the names of its files, in small letters
    holds       whether the file or folder at a path, whose first bytes are given, is of this format; asked for other extensions
    entries     what it holds, for a golden. Raises FileError without the path
    folder      whether it is a format of folders
    """

    extensions: tuple[str, ...]
    holds: Callable[[str, bytes], bool]
    entries: Callable[[str, Golden], list[Entry]]
    folder: bool = False


def as_wanted(value: np.ndarray, wanted: Wanted) -> np.ndarray:
    """An array that has a type and a shape, by cases: as it is, since whoever compares it can say best what they mean if they are others.

    Raises FileError for one of several cases that does not have them along its first axis.
    """
    value = _texts(value) if wanted.tensor.dtype == "str" and value.dtype.kind in "SU" else native(value)
    if wanted.cases == 1:
        return value[np.newaxis]
    shape = wanted.shape
    if shape[:1] == (1,) and value.shape == (wanted.cases, *shape[1:]):  # as numpy.concatenate makes it of batches
        return value.reshape(wanted.cases, *shape)
    if value.shape[:1] != (wanted.cases,):
        raise FileError(f"its shape is {list(value.shape)}, and {wanted.said} in {wanted.cases} cases has {[wanted.cases, *shape]}", STACK)
    return value


def _texts(value: np.ndarray) -> np.ndarray:
    found = np.empty(value.size, object)
    found[:] = [text if isinstance(text, bytes) else text.encode() for text in value.reshape(-1).tolist()]
    return found.reshape(value.shape)


def check_count(count: int, wanted: Wanted, unit: str) -> None:
    """Raise FileError unless a format without shapes holds as many elements as are wanted."""
    if count != wanted.count:
        raise count_problem(count, wanted, unit)


def count_problem(count: int, wanted: Wanted, unit: str) -> FileError:
    """The error of another number of elements than are wanted."""
    cases = f" in {wanted.cases} cases" if wanted.cases > 1 else ""
    return FileError(f"it has {count} {unit}, and {wanted.said}{cases} has {wanted.count}", _count_remedy(count, wanted))


def _count_remedy(count: int, wanted: Wanted) -> str:
    if wanted.cases > 1 and count * wanted.cases == wanted.count:
        return f"It is one case, and the golden has {wanted.cases}. {STACK}"
    if count > wanted.count and wanted.count and count % wanted.count == 0:
        return f"It has {count // wanted.count} times as many: are these more cases, or the bytes of elements?"
    return "Dump the whole tensor, and nothing else"


def from_bytes(content: bytes | memoryview, wanted: Wanted) -> np.ndarray:
    """Little-endian elements, one after the other, as [cases, *shape]. Raises FileError for more or fewer bytes than they take."""
    dtype = wanted.dtype
    size, needed = len(content), wanted.count * dtype.itemsize
    if size != needed:
        cases = f" in {wanted.cases} cases" if wanted.cases > 1 else ""
        raise FileError(
            f"it has {size} bytes, and {wanted.said}{cases} takes {needed}: {wanted.count} elements of {dtype.itemsize}",
            _size_remedy(size, needed, wanted),
        )
    if dtype == np.bool_:
        if (np.frombuffer(content, np.uint8) > 1).any():
            raise FileError("it holds bytes that are neither 0 nor 1, and booleans are", "Dump one byte for each boolean")
        return wanted.stacked(np.frombuffer(content, np.bool_))
    return wanted.stacked(native(np.frombuffer(content, dtype.newbyteorder("<"))))


# What may be in the place of elements of so many bytes, by how many times as many bytes there are.
_INSTEAD = {(1, 2): "int16", (1, 4): "int32 or float32", (2, 2): "int32 or float32", (4, 2): "int64 or float64"}


def _size_remedy(size: int, needed: int, wanted: Wanted) -> str:
    if wanted.cases > 1 and size * wanted.cases == needed:
        return f"It is one case, and the golden has {wanted.cases}. {STACK}"
    if needed and size > needed and size % needed == 0:
        types = _INSTEAD.get((wanted.dtype.itemsize, size // needed))
        several = f"are these {size // needed} cases?" if wanted.cases == 1 else "are these more cases?"
        return f"It has {size // needed} times the bytes: {f'is it {types}, not {wanted.tensor.dtype}, or ' if types else ''}{several}"
    if size and needed > size and needed % size == 0:
        return f"It has 1/{needed // size} of the bytes: is it of a smaller type, or was it cut off?"
    return "Dump the elements as they lie in memory, without a header and without padding"
