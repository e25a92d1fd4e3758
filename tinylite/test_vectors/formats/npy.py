"""An .npy file for each array."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from ...inputs.media import load_npy
from ..format import File, Held, Settings
from ..vector import VectorSet

__all__ = ["TAKES", "npy_bytes", "read", "write"]

TAKES: tuple[str, ...] = ()


def npy_bytes(values: np.ndarray) -> bytes:
    """An array as an .npy file, little-endian and row by row."""
    file = io.BytesIO()
    plain = np.asarray(values, values.dtype.newbyteorder("<"))
    # np.ascontiguousarray would make a row of one number of a number alone.
    np.lib.format.write_array(file, plain if plain.flags.c_contiguous else plain.copy("C"), allow_pickle=False)
    return file.getvalue()


def write(made: VectorSet, settings: Settings) -> list[File]:
    return [File(f"{stem}.npy", npy_bytes(vector.values), (Held(vector),)) for stem, vector in made.stems()]


def read(content: memoryview, held: dict[str, Any]) -> np.ndarray:
    return load_npy(io.BytesIO(content), len(content), None)
