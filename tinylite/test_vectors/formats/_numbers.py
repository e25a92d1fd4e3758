"""Numbers as text, from which the same numbers are read again; of NaN, which of its bits are set is lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..vector import Vector

__all__ = ["from_text", "to_text"]


def to_text(vector: Vector) -> list[str]:
    """The elements, row by row: decimal, 0 and 1 for booleans, the shortest text of a float that no other float has."""
    _ = vector.bits  # which complex numbers have not
    values = vector.values.reshape(-1)
    if values.dtype.kind == "b":
        values = values.astype(np.uint8)
    if values.dtype.kind in "iu":
        return list(map(str, values.tolist()))
    return [str(text) for text in values.astype("U32")]


def from_text(numbers: str | bytes, held: dict[str, Any], separator: str = ",") -> np.ndarray:
    """An array of numbers with a separator between them. Raises ValueError for other numbers, and for more or fewer."""
    text = numbers if isinstance(numbers, str) else numbers.decode("ascii")
    dtype, count = np.dtype(held["dtype"]), math.prod(held["shape"])
    found = text.count(separator) + (1 if text.strip() else 0)
    if found - (1 if text.rstrip().endswith(separator) else 0) != count:
        raise ValueError(f"it holds {found} numbers and should hold {count}")
    tokens: Sequence[str] = text.split(separator)[:count]
    if dtype.kind == "f":
        values = np.array([float(token) for token in tokens], np.float64)
        with np.errstate(over="ignore"):
            return values.astype(dtype).reshape(held["shape"])
    whole = np.array([int(token) for token in tokens], np.uint64 if dtype == np.uint64 else np.int64)
    stored = whole.astype(dtype)
    if (stored.astype(whole.dtype) != whole).any():
        raise ValueError(f"it holds numbers that {dtype.name} does not")
    return stored.reshape(held["shape"])
