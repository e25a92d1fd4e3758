"""Dataclasses as JSON and back. What is read is checked against the types of their fields: files come from anywhere."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import os
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from ..errors import FileError, at, quoted
from ..files.io import content_of, write_whole

__all__ = ["FORMAT", "load", "plain", "save", "to_json", "value_of"]

FORMAT = "tinylite bench"
_VERSION = 1
_INTEGERS, _FLOATS = 1 << 63, 1e300  # what can be reckoned with: nothing that is measured is larger
_AGAIN = "Save it again with tinylite bench --save"


T = TypeVar("T")


def save(bench: Any, path: str | os.PathLike[str]) -> None:
    """Write a Bench, a dataclass, as JSON, whole or not at all. Raises FileError."""
    where = os.fsdecode(path)
    with at(where):
        write_whole(where, [(json.dumps(to_json(bench), indent=1, allow_nan=False) + "\n").encode()])


def to_json(bench: Any) -> dict[str, Any]:
    """A Bench as JSON's types. Infinity, which JSON lacks, is None."""
    return {"format": FORMAT, "version": _VERSION, **plain(bench)}


def load(kind: type[T], path: str | os.PathLike[str]) -> T:
    """The Bench, a dataclass of this kind, in a file. Raises FileError where it holds none, or one of a later version."""
    where = os.fsdecode(path)
    with at(where):
        content = bytes(content_of(where))
        try:
            found = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise FileError(f"it is not JSON: {error}", _AGAIN) from None
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise FileError("it is JSON, and not of tinylite bench", _AGAIN)
        if found.get("version") != _VERSION:
            raise FileError(
                f"it has version {quoted(found.get('version'))}, and this tinylite reads {_VERSION}", "Use the tinylite that wrote it"
            )
        bench: T = _object(kind, {key: value for key, value in found.items() if key not in ("format", "version")}, "")
        return bench


def value_of(kind: type[T], found: Any) -> T:
    """A dataclass of what `plain` made of one. Raises FileError for anything else."""
    value: T = _object(kind, found, "")
    return value


def plain(value: Any) -> Any:
    """A value of a dataclass as JSON's types."""
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _object(kind: type, found: Any, place: str) -> Any:
    """A dataclass of a dictionary with a value for each field; those that have a default may be absent."""
    if not isinstance(found, dict):
        raise _wrong(place, found, "an object")
    fields = {field.name: field for field in dataclasses.fields(kind)}
    hints = _hints(kind)
    unknown = [name for name in found if name not in fields]
    absent = [
        name for name, field in fields.items()
        if name not in found and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]  # fmt: skip
    if unknown or absent:
        problem = f"has {quoted(unknown[0])}" if unknown else f"lacks {absent[0]!r}"
        raise FileError(f"{place or 'it'} {problem}, unlike a {kind.__name__}", _AGAIN)
    return kind(**{name: _value(hints[name], value, f"{place}.{name}".strip(".")) for name, value in found.items()})


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    """The types of a dataclass's fields, which take longer to find than to check."""
    return typing.get_type_hints(kind)


def _value(hint: Any, found: Any, place: str) -> Any:
    """A value of a type that a field states, of what JSON holds."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if found is None:
            return None
        (hint,) = (each for each in arguments if each is not type(None))
        return _value(hint, found, place)
    if origin in (list, tuple):
        if not isinstance(found, list):
            raise _wrong(place, found, "a list")
        if origin is tuple and arguments[-1] is not ...:
            if len(found) != len(arguments):
                raise _wrong(place, found, f"a list of {len(arguments)}")
            return tuple(_value(each, value, f"{place}[{index}]") for index, (each, value) in enumerate(zip(arguments, found, strict=True)))
        if arguments[0] is float and all(type(each) is float and abs(each) < _FLOATS for each in found):
            return origin(found)  # millions of rounds, at once
        return origin(_value(arguments[0], each, f"{place}[{index}]") for index, each in enumerate(found))
    if origin in (dict, Mapping):
        if not isinstance(found, dict):
            raise _wrong(place, found, "an object")
        return {key: _value(arguments[1], each, f"{place}.{key}") for key, each in found.items()}
    if dataclasses.is_dataclass(hint):
        return _object(typing.cast(type, hint), found, place)
    if hint is float:
        if found is None:
            return math.inf
        if isinstance(found, (int, float)) and not isinstance(found, bool) and abs(found) < _FLOATS and found == found:
            return float(found)
        raise _wrong(place, found, "a number")
    if type(found) is not hint or (hint is int and not -_INTEGERS <= found < _INTEGERS):
        raise _wrong(place, found, {int: "an integer of 64 bits", str: "text", bool: "true or false"}.get(hint, str(hint)))
    return found


def _wrong(place: str, found: Any, wanted: str) -> FileError:
    return FileError(f"{place or 'it'} is {quoted(found)}, and should be {wanted}", _AGAIN)
