"""Raw bytes: an array's elements one after the other, little-endian, without a header."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..format import File, Held, Settings
from ..vector import VectorSet
from ._layouts import in_order, restored

__all__ = ["TAKES", "read", "write"]

TAKES: tuple[str, ...] = ("layout",)


def write(made: VectorSet, settings: Settings) -> list[File]:
    files = []
    for stem, vector in made.stems():
        elements, where = in_order(vector.values, settings.layout)
        files.append(File(f"{stem}.bin", elements.tobytes(), (Held(vector, {**where, "byte_order": "little"}),)))
    return files


def read(content: memoryview, held: dict[str, Any]) -> np.ndarray:
    return restored(np.frombuffer(content, np.dtype(held["dtype"]).newbyteorder("<")), held)
