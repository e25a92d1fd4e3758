"""Protocol buffers, read without copying: what a message holds as a dictionary, and its bytes as views of the file.

Google's library would copy every tensor, and ends at 2 GiB. Nothing is trusted: every length, number, text and depth is
checked against the bytes that there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .graphdef import MESSAGES
from .table import FormatError

__all__ = ["decode_message", "varint"]

_DEEPEST = 100  # as protobuf's own limit
_LONGEST = 10  # bytes of a varint
_CHUNK = 1 << 20  # bytes of packed varints that are decoded at once: each takes some 30 bytes meanwhile
_VARINT, _I64, _LENGTH, _I32 = 0, 1, 2, 5
_WIRE_SIZES = {_I64: 8, _I32: 4}

# The wire type and numpy type of each kind of number.
_NUMBERS: dict[str, tuple[int, Any]] = {
    "int32": (_VARINT, np.int64), "int64": (_VARINT, np.int64), "enum": (_VARINT, np.int64), "io_type": (_VARINT, np.int64),
    "uint32": (_VARINT, np.uint64),
    "uint64": (_VARINT, np.uint64), "bool": (_VARINT, np.bool_), "float": (_I32, np.dtype("<f4")), "double": (_I64, np.dtype("<f8")),
    "fixed32": (_I32, np.dtype("<u4")),
}  # fmt: skip


@dataclass(slots=True)
class _Field:
    """How to read one field. `store` is "one", "many", "map", or "numbers" for many numbers, which are gathered as bytes.

    `plan` is that of the message that it holds, or of a map's pairs; `empty` a map's value where a pair has none.
    """

    name: str
    kind: str
    store: str
    wire: int
    plan: _Plan | None = None
    empty: Any = None


@dataclass(slots=True)
class _Plan:
    """The fields of a message by number, and which of them are gathered numbers."""

    fields: dict[int, _Field] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)


def decode_message(message: str, data: memoryview) -> dict[str, Any]:
    """The fields that are present: numbers, str, bytes as memoryviews, messages and maps as dictionaries, repeated ones as lists.

    Repeated numbers come as numpy arrays. Unknown fields are skipped. Raises FormatError with the place of what is wrong.
    """
    return _message(_PLANS[message], data, 0, len(data), 0)


def varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """A number of up to 64 bits, and where it ends."""
    value = shift = 0
    for place in range(at, min(end, at + _LONGEST)):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, place + 1
        shift += 7
    raise FormatError(f"the number at byte {at} " + ("has more than ten bytes" if end - at >= _LONGEST else "is cut off"))


def _message(plan: _Plan, data: memoryview, at: int, end: int, depth: int) -> dict[str, Any]:
    if depth > _DEEPEST:
        raise FormatError(f"messages are nested deeper than {_DEEPEST}")
    found: dict[str, Any] = {}
    while at < end:
        key = data[at]
        if key < 0x80:
            start = at + 1
        else:
            key, start = varint(data, at, end)
        wire, entry = key & 7, plan.fields.get(key >> 3)
        if wire == _LENGTH:
            size = data[start] if start < end else 0x80
            if size < 0x80:
                start += 1
            else:
                size, start = varint(data, start, end)
            stop = start + size
        elif wire == _VARINT:
            stop = varint(data, start, end)[1]
        elif wire in _WIRE_SIZES:
            stop = start + _WIRE_SIZES[wire]
        else:
            raise FormatError(f"the field at byte {at} has wire type {wire}, which is not in use")
        if stop > end:
            error = FormatError(f"the field at byte {at} reaches to byte {stop}, and what holds it ends at {end}")
            raise error if entry is None else error.inside(_label(found, entry, data, start, end))
        if key < 8:
            raise FormatError(f"the field at byte {at} has number 0")
        at = stop
        if entry is None:
            continue
        try:
            _take(found, entry, wire, data, start, stop, depth)
        except FormatError as error:
            raise error.inside(_label(found, entry, data, start, stop)) from None
    for name, kind in plan.numbers.items():
        if name in found:
            found[name] = _unpacked(kind, found[name])
    return found


def _take(found: dict[str, Any], entry: _Field, wire: int, data: memoryview, start: int, stop: int, depth: int) -> None:
    """Keep what lies between `start` and `stop`."""
    name, kind, store = entry.name, entry.kind, entry.store
    if wire == _LENGTH == entry.wire:
        if entry.plan is not None:
            value: Any = _message(entry.plan, data, start, stop, depth + 1)
        elif kind == "string":
            value = _text(data, start, stop)
        else:
            value = data[start:stop]
        if store == "many":
            found.setdefault(name, []).append(value)
        elif store == "map":
            found.setdefault(name, {})[value.get("key", "")] = value.get("value", entry.empty)
        elif name in found and entry.plan is not None:
            raise FormatError("it is there twice")  # to be merged, say the rules; nobody writes such files
        else:
            found[name] = value
    elif store == "numbers" and wire in (_LENGTH, entry.wire):
        # Numbers one by one are the bytes of packed numbers, apart from the tags between them.
        if name not in found:
            found[name] = data[start:stop]
        else:
            if isinstance(found[name], memoryview):
                found[name] = bytearray(found[name])
            found[name] += data[start:stop]
    elif wire == entry.wire:
        found[name] = _number(kind, data, start, stop)
    else:
        raise FormatError(f"its wire type {wire} is none of {kind}")


def _number(kind: str, data: memoryview, start: int, stop: int) -> Any:
    """One number by itself."""
    wire, dtype = _NUMBERS[kind]
    if wire != _VARINT:
        return np.frombuffer(data[start:stop], dtype)[0].item()
    value = data[start] if stop == start + 1 else varint(data, start, stop)[0]
    if dtype is np.bool_:
        return value != 0
    return value - (1 << 64) if dtype is np.int64 and value >> 63 else value


def _label(found: dict[str, Any], entry: _Field, data: memoryview, start: int, stop: int) -> str:
    """The place of an error: the field, which of many it is, and its name if it begins with one."""
    text = f"{entry.name}[{len(found.get(entry.name, ()))}]" if entry.store == "many" else entry.name
    if (entry.kind in MESSAGES or entry.store == "map") and stop - start > 2 and data[start] == 0x0A and data[start + 1] < 0x80:
        name = bytes(data[start + 2 : min(start + 2 + data[start + 1], stop)])
        if name and name.decode("ascii", "replace").isprintable():
            text += f" {name.decode('ascii', 'replace')!r}"
    return text


def _text(data: memoryview, start: int, stop: int) -> str:
    try:
        return str(data[start:stop], "utf-8")
    except UnicodeDecodeError:
        raise FormatError(f"the text at byte {start} is not UTF-8") from None


def _unpacked(kind: str, data: memoryview | bytearray) -> np.ndarray:
    """Numbers that lie one after the other. Fixed ones are a view."""
    wire, dtype = _NUMBERS[kind]
    if wire != _VARINT:
        if len(data) % dtype.itemsize:
            raise FormatError(f"{len(data)} bytes hold no whole number of {dtype.itemsize} bytes each")
        return np.frombuffer(data, dtype)
    octets = np.frombuffer(data, np.uint8)
    if octets.size and octets[-1] >= 0x80:
        raise FormatError("a number is cut off")
    if octets.size <= _CHUNK:
        return _varints(octets, dtype)
    parts = []
    while octets.size:
        end = cut = min(_CHUNK, octets.size)
        while octets[cut - 1] >= 0x80:
            cut -= 1
            if end - cut >= _LONGEST:
                raise FormatError("a number has more than ten bytes")
        parts.append(_varints(octets[:cut], dtype))
        octets = octets[cut:]
    return np.concatenate(parts)


def _varints(octets: np.ndarray, dtype: Any) -> np.ndarray:
    last = octets < 0x80
    if last.all():
        return octets.astype(dtype)
    ends = np.flatnonzero(last)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max(initial=octets.size if not ends.size else 0) > _LONGEST:
        raise FormatError("a number has more than ten bytes")
    shifts = (np.arange(octets.size) - np.repeat(starts, lengths)) * 7
    values = np.bitwise_or.reduceat((octets & np.uint8(0x7F)).astype(np.uint64) << shifts.astype(np.uint64), starts)
    return values != 0 if dtype is np.bool_ else values.view(dtype)


def _field(name: str, text: str) -> _Field:
    kind = text.removeprefix("*").removeprefix("map ")
    store = "map" if text.startswith("map ") else "one" if text[0] != "*" else "numbers" if kind in _NUMBERS else "many"
    if store == "map":
        return _Field(name, kind, store, _LENGTH, _plan({1: ("key", "string"), 2: ("value", kind)}), "" if kind == "string" else {})
    return _Field(name, kind, store, _NUMBERS.get(kind, (_LENGTH,))[0], _PLANS.get(kind))


def _plan(fields: dict[int, tuple[str, str]]) -> _Plan:
    made = {number: _field(name, text) for number, (name, text) in fields.items()}
    return _Plan(made, {entry.name: entry.kind for entry in made.values() if entry.store == "numbers"})


_PLANS = {message: _Plan() for message in MESSAGES}
for _message_name, _fields in MESSAGES.items():
    _filled = _plan(_fields)
    _PLANS[_message_name].fields, _PLANS[_message_name].numbers = _filled.fields, _filled.numbers
