"""Text: a line for each row of an array, which is its last axis, with commas between numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..format import File, Held, Settings
from ..vector import Vector, VectorSet
from ._numbers import from_text, to_text

__all__ = ["TAKES", "read", "write"]

TAKES: tuple[str, ...] = ()


def _rows(vector: Vector) -> bytes:
    numbers = to_text(vector)
    width = max(vector.values.shape[-1] if vector.values.ndim else 1, 1)
    return "".join(f"{','.join(numbers[start : start + width])}\n" for start in range(0, len(numbers), width)).encode()


def write(made: VectorSet, settings: Settings) -> list[File]:
    return [File(f"{stem}.csv", _rows(vector), (Held(vector),)) for stem, vector in made.stems()]


def read(content: memoryview, held: dict[str, Any]) -> np.ndarray:
    return from_text(bytes(content).strip().replace(b"\n", b","), held)
