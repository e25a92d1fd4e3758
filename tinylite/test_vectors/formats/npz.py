"""All arrays of a set in one .npz file."""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any

import numpy as np

from ...files.archives import directory, unpacked
from ...inputs.media import load_npy
from ..format import File, Held, Settings
from ..vector import VectorSet
from .npy import npy_bytes

__all__ = ["TAKES", "read", "write"]

TAKES: tuple[str, ...] = ()

_HEADER = 1 << 16  # bytes, more than that of any array


def write(made: VectorSet, settings: Settings) -> list[File]:
    file, held = io.BytesIO(), []
    with zipfile.ZipFile(file, "w") as archive:
        for stem, vector in made.stems():
            # A ZipInfo without a date, so that the same arrays make the same file.
            archive.writestr(zipfile.ZipInfo(f"{stem}.npy"), npy_bytes(vector.values))
            held.append(Held(vector, {"key": stem}))
    return [File("vectors.npz", file.getvalue(), tuple(held))]


def read(content: memoryview, held: dict[str, Any]) -> np.ndarray:
    data = np.frombuffer(content, np.uint8)
    for member in directory(data):
        if member.filename == f"{held.get('key')}.npy":
            if member.file_size > math.prod(held["shape"]) * np.dtype(held["dtype"]).itemsize + _HEADER:
                raise ValueError(f"its array {held['key']!r} unpacks to {member.file_size} bytes")
            array = unpacked(member, data)
            return load_npy(io.BytesIO(array), len(array), None)
    raise ValueError(f"it has no array {held.get('key')!r}")
