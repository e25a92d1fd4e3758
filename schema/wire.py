"""Protocol buffers, read without copying: what a message holds as a dictionary, and its bytes as views of the file.

Google's library would copy every tensor, and ends at 2 GiB.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .graphdef import MESSAGES
from .table import FormatError

__all__ = ["decode_message"]

_DEEPEST = 100  # as protobuf's own limit
_VARINTS = {"int32", "int64", "uint32", "uint64", "bool", "enum"}
_FIXED = {"float": ("<f4", 4), "double": ("<f8", 8)}
_SIGN = 1 << 63


def _plan(message: str) -> dict[int, tuple[str, str, str]]:
    """For each field number: name, kind, and how it is kept: "one", "many" or "map"."""
    fields = {}
    for number, (name, kind) in MESSAGES[message].items():
        how = "many" if kind[0] == "*" else "map" if kind.startswith("map ") else "one"
        fields[number] = (name, kind.removeprefix("*").removeprefix("map "), how)
    return fields


_PLANS = {message: _plan(message) for message in MESSAGES}


def decode_message(message: str, data: memoryview) -> dict[str, Any]:
    """The fields that are present: numbers, str, bytes as memoryviews, messages as dictionaries, repeated ones as lists.

    Repeated numbers come as numpy arrays. Unknown fields are skipped. Raises FormatError with the place of what is wrong.
    """
    return _message(_PLANS[message], data, 0, len(data), 0)


def _varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
        if shift > 63:
            raise FormatError("a number has more than ten bytes")
    raise FormatError("it ends within a number")


def _message(plan: dict[int, tuple[str, str, str]], data: memoryview, at: int, end: int, depth: int) -> dict[str, Any]:
    if depth > _DEEPEST:
        raise FormatError(f"messages are nested deeper than {_DEEPEST}")
    found: dict[str, Any] = {}
    while at < end:
        key = data[at]
        at += 1
        if key >= 0x80:
            key, at = _varint(data, at - 1, end)
        wire, field = key & 7, plan.get(key >> 3)
        if wire == 2:
            size = data[at] if at < end else 0x80
            if size < 0x80:
                at += 1
            else:
                size, at = _varint(data, at, end)
            stop = at + size
            if stop > end:
                raise FormatError(f"a field of {size} bytes begins at byte {at}, and its message ends at {end}")
            if field is not None:
                try:
                    _take(found, field, data, at, stop, depth)
                except FormatError as error:
                    raise error.inside(field[0]) from None
            at = stop
            continue
        at, value = _number(wire, data, at, end)
        if field is not None:
            _keep(found, field, wire, value)
    return found


def _number(wire: int, data: memoryview, at: int, end: int) -> tuple[int, Any]:
    if wire == 0:
        value, at = _varint(data, at, end)
        return at, value
    size = {1: 8, 5: 4}.get(wire)
    if size is None:
        raise FormatError(f"wire type {wire} at byte {at} is none that is in use")
    if at + size > end:
        raise FormatError("it ends within a number")
    return at + size, data[at : at + size]


def _keep(found: dict[str, Any], field: tuple[str, str, str], wire: int, value: Any) -> None:
    """A number that stands by itself."""
    name, kind, how = field
    if kind in _FIXED:
        dtype, size = _FIXED[kind]
        if wire == 0 or len(value) != size:
            raise FormatError(f"{name} is stored as another type than {kind}")
        value = np.frombuffer(value, dtype)[0].item()
    elif kind not in _VARINTS or wire != 0:
        raise FormatError(f"{name} is stored as another type than {kind}")
    elif kind in ("int32", "int64", "enum"):
        value = value - (_SIGN << 1) if value >= _SIGN else value
    elif kind == "bool":
        value = value != 0
    if how == "many":
        held = found.setdefault(name, [])
        if isinstance(held, np.ndarray):
            held = found[name] = held.tolist()
        held.append(value)
    else:
        found[name] = value


def _take(found: dict[str, Any], field: tuple[str, str, str], data: memoryview, at: int, stop: int, depth: int) -> None:
    """What has a length: text, bytes, messages, pairs, and numbers packed together."""
    name, kind, how = field
    if how == "map":
        key, value = _pair(kind, data, at, stop, depth)
        found.setdefault(name, {})[key] = value
    elif kind == "string":
        _put(found, name, how, _text(data, at, stop))
    elif kind == "bytes":
        _put(found, name, how, data[at:stop])
    elif kind in _PLANS:
        _put(found, name, how, _message(_PLANS[kind], data, at, stop, depth + 1))
    elif how == "many":
        values = _packed(kind, data, at, stop)
        found[name] = values if name not in found else np.concatenate([np.asarray(found[name], values.dtype), values])
    else:
        raise FormatError(f"it is stored as another type than {kind}")


def _put(found: dict[str, Any], name: str, how: str, value: Any) -> None:
    if how == "many":
        found.setdefault(name, []).append(value)
    else:
        found[name] = value


def _text(data: memoryview, at: int, stop: int) -> str:
    try:
        return str(data[at:stop], "utf-8")
    except UnicodeDecodeError:
        raise FormatError(f"a text at byte {at} is not UTF-8") from None


def _pair(kind: str, data: memoryview, at: int, stop: int, depth: int) -> tuple[str, Any]:
    """An entry of a map: field 1 is the key, field 2 the value."""
    entry = _message({1: ("key", "string", "one"), 2: ("value", kind, "one")}, data, at, stop, depth + 1)
    return entry.get("key", ""), entry.get("value", "" if kind == "string" else {})


def _packed(kind: str, data: memoryview, at: int, stop: int) -> np.ndarray:
    if kind in _FIXED:
        dtype, size = _FIXED[kind]
        if (stop - at) % size:
            raise FormatError(f"{stop - at} bytes hold no whole number of {size} bytes each")
        return np.frombuffer(data[at:stop], dtype)
    octets = np.frombuffer(data[at:stop], np.uint8)
    last = octets < 0x80
    if octets.size and not last[-1]:
        raise FormatError("it ends within a number")
    ends = np.flatnonzero(last)
    starts = np.concatenate([[0], ends[:-1] + 1]) if ends.size else ends
    lengths = ends - starts + 1
    if lengths.size and lengths.max() > 10:
        raise FormatError("a number has more than ten bytes")
    shifts = (np.arange(octets.size) - np.repeat(starts, lengths)) * 7
    parts = (octets & np.uint8(0x7F)).astype(np.uint64) << shifts.astype(np.uint64)
    values = np.bitwise_or.reduceat(parts, starts) if starts.size else parts
    if kind == "bool":
        return values != 0
    return values.view(np.int64) if kind in ("int32", "int64", "enum") else values
