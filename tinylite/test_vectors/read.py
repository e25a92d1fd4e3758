"""Folders of test vectors, read back to arrays, whatever their format."""

from __future__ import annotations

import hashlib
import math
import os
from typing import Any, NamedTuple

import numpy as np

from ..errors import FileError, TinyliteError, at, quoted
from ..files.io import content_of, current_directory
from ..limits import check_size, memory_shortage
from . import formats
from .manifest import MANIFEST, parse
from .vector import Vector

__all__ = ["VectorFolder", "manifest_of", "read_vectors"]

_AGAIN = "Write the test vectors again"
_SMALLER = "Read test vectors of fewer ops or runs"
_WORKING = 100  # bytes an element of text takes while it is read


class VectorFolder(NamedTuple):
    """A folder of test vectors: what its manifest says, and the arrays in it, in the order of its files."""

    manifest: dict[str, Any]
    vectors: list[Vector]

    def find(self, role: str, *, op: int | None = None, case: int | None = None, tensor: str | None = None) -> list[Vector]:
        """The arrays of a role; of one op, run or tensor where that is given. Constants are of every run."""
        return [
            vector
            for vector, number in zip(self.vectors, self._ops(), strict=True)
            if vector.role == role
            and op in (None, number)
            and (case is None or vector.case in (None, case))
            and tensor in (None, vector.tensor)
        ]

    def _ops(self) -> list[int | None]:
        return [vector.get("op") for file in self.manifest["files"] for vector in file["vectors"]]


def manifest_of(directory: str | os.PathLike[str]) -> dict[str, Any]:
    """What the manifest of a folder says. Raises FileError if it has none, or one that is damaged."""
    path = os.fsdecode(directory)
    with at(path):
        if not os.path.isdir(path):
            raise FileError("there is no such folder", current_directory())
        if not os.path.exists(os.path.join(path, MANIFEST)):
            raise FileError(f"it has no {MANIFEST}", "Give a folder that tinylite vectors has written")
        with at(MANIFEST):
            return parse(content_of(os.path.join(path, MANIFEST)))


def read_vectors(directory: str | os.PathLike[str]) -> VectorFolder:
    """The arrays of a folder that `vectors` has written, in any format, with dtypes, shapes and values as they were.

    Each file is compared with its SHA-256 first. Raises FileError for a folder without a manifest, a file that is missing or not as it
    was written, and a manifest that asks for anything outside of its folder; OutOfMemoryError.
    """
    root = os.path.realpath(os.fsdecode(directory))
    manifest = manifest_of(directory)
    with at(os.fsdecode(directory)), memory_shortage("reading it", _SMALLER):
        if manifest["vector_format"] not in formats.names():
            raise FileError(f"its format {quoted(manifest['vector_format'])} is not known here", "Update tinylite")
        format = formats.find(manifest["vector_format"])
        spent = 0
        found: list[Vector] = []
        for file in manifest["files"]:
            with at(file["path"]):
                content = _content(root, file)
                for held in file["vectors"]:
                    size = math.prod(held["shape"]) * np.dtype(held["dtype"]).itemsize
                    _check_size(math.prod(held["shape"]), size, spent, len(content))
                    found.append(_vector(format, content, held))
                    spent += size
    return VectorFolder(manifest, found)


def _check_size(count: int, size: int, spent: int, stored: int) -> None:
    """Every element takes a bit or more of a file, which bounds what a manifest may ask for before it is taken."""
    if count > 8 * stored:
        raise FileError(f"its manifest says that it holds {count} elements, and it has {stored} bytes", _AGAIN)
    check_size(size + _WORKING * count, "reading it", _SMALLER, spent)


def _content(root: str, file: dict[str, Any]) -> memoryview:
    """The content of a file that the manifest lists, as it was written."""
    path = os.path.realpath(os.path.join(root, *file["path"].split("/")))
    if not path.startswith(root.rstrip(os.sep) + os.sep):
        raise FileError("it is a link that leads out of the folder", _AGAIN)
    content = content_of(path)
    if len(content) != file["bytes"]:
        raise FileError(f"it has {len(content)} bytes, and {file['bytes']} were written", "Copy the whole folder again")
    if hashlib.sha256(content).hexdigest() != file["sha256"]:
        raise FileError("its SHA-256 is not the one in the manifest: it has been changed since it was written", _AGAIN)
    return content


def _vector(format: Any, content: memoryview, held: dict[str, Any]) -> Vector:
    try:
        values = format.read(content, held)
    except (TinyliteError, MemoryError):
        raise
    except Exception as error:  # of all types: what a file holds may be anything
        raise FileError(f"its {held['role']} {held['stem']!r} cannot be read: {error}", _AGAIN) from None
    if values.dtype != np.dtype(held["dtype"]) or list(values.shape) != held["shape"]:
        raise FileError(
            f"its {held['role']} {held['stem']!r} is {values.dtype} {list(values.shape)}, and the manifest says {held['dtype']} "
            f"{held['shape']}",
            _AGAIN,
        )
    return Vector(
        held["stem"], held["role"], values, held["type"], held["tensor"], held["position"], held["case"], tuple(map(float, held["scale"])),
        tuple(held["zero_point"]), held["quantized_dimension"],
    )  # fmt: skip
