"""What bench() is called with, checked before any time is taken: single values where lists are meant, numpy's numbers, wrong types."""

from __future__ import annotations

import numbers
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import SettingError, quoted
from ..interpreter.settings import thread_count
from .records import BenchRow

__all__ = ["names", "number", "several", "shapes_by_name", "stored_rows", "thread_counts", "values", "whole"]

# Of these, one is one value, though Python can iterate over it.
_SINGLE = (str, bytes, bytearray, memoryview, os.PathLike, Mapping)


def several(found: Any) -> list[Any]:
    """A list of what may be one value or several."""
    if isinstance(found, _SINGLE) or not isinstance(found, Iterable) or getattr(found, "ndim", 1) == 0:
        return [found]
    return list(found)


def names(found: Any, name: str) -> list[str]:
    """Text, or paths, of which there may be one or several."""
    for each in several(found):
        if not isinstance(each, (str, os.PathLike)):
            raise SettingError(f"{name} has {quoted(each)}", "Give text, or several in a list")
    return [os.fsdecode(each) for each in several(found)]


def number(found: Any, name: str, most: float) -> float:
    """A number above 0."""
    if isinstance(found, bool) or not isinstance(found, numbers.Real) or not 0 < float(found) <= most:
        raise SettingError(f"{name} is {quoted(found)}", f"Give a number above 0, at most {most:g}")
    return float(found)


def whole(found: Any, name: str, least: int) -> int:
    """A whole number."""
    if isinstance(found, bool) or not isinstance(found, numbers.Integral) or int(found) < least:
        raise SettingError(f"{name} is {quoted(found)}", f"Give a whole number from {least} on")
    return int(found)


def thread_counts(found: Any) -> list[int]:
    """Numbers of threads, each once."""
    return list(dict.fromkeys(thread_count(count) for count in several(found)))


def shapes_by_name(found: Any) -> dict[str, tuple[int, ...]] | None:
    """Shapes of inputs."""
    if found is None:
        return None
    if not isinstance(found, Mapping):
        raise SettingError(f"shapes is {quoted(found)}", "Give a dictionary of shapes by the names of inputs")
    for name, shape in found.items():
        sizes = several(shape)
        if isinstance(shape, _SINGLE) or not isinstance(shape, Iterable) or not all(isinstance(size, numbers.Integral) for size in sizes):
            raise SettingError(f"the shape of input {quoted(name)} is {quoted(shape)}", "Give a list of whole numbers, such as [1, 16000]")
        for size in sizes:
            whole(size, f"a size of input {quoted(name)}", 0)
    return {name: tuple(int(size) for size in shape) for name, shape in found.items()}


def values(found: Any) -> Sequence[np.ndarray] | None:
    """Arrays for inputs."""
    if found is None:
        return None
    if isinstance(found, np.ndarray):
        raise SettingError(f"inputs is {quoted(found)}", "Give a list with an array for each input")
    if isinstance(found, _SINGLE) or not isinstance(found, Iterable):
        raise SettingError(f"inputs is {quoted(found)}", "Give a list with an array for each input, in the model's order")
    arrays = []
    for position, value in enumerate(found):
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise SettingError(f"the value for input {position} is no array: {error}", "Give an array for each input") from None
        arrays.append(array)
    return arrays


def stored_rows(found: Any) -> list[BenchRow] | None:
    """Rows of another benchmark."""
    if found is None:
        return None
    rows = several(found)
    for each in rows:
        if not isinstance(each, BenchRow):
            raise SettingError(f"only has {quoted(each)}", "Give rows of a Bench, such as regressions(comparison) returns")
    return rows
