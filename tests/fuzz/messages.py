"""Damage to protocol buffers: to the fields of messages that stay well formed, or to their bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tests.converter.wire import varint
from tinylite.schema.graphdef import MESSAGES
from tinylite.schema.wire import varint as read_varint

from .damage import damaged_bytes

__all__ = ["Message", "damaged_message", "parsed"]

_VARINTS = ("int32", "int64", "uint32", "uint64", "enum", "bool")
_NUMBERS = [0, 1, 2, 3, 4, 5, 7, 9, 10, 14, 19, 20, 100, 127, 128, 255, 256, 65_536, 1 << 20,
            (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32,
            (1 << 40) + 3, (1 << 62), (1 << 63) - 1, -1, -2, -3, -128, -(1 << 31), -(1 << 63)]  # fmt: skip
_FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 1e-45, 1e30, 3e38, float("inf"), float("-inf"), float("nan")]
_TEXTS = [b"", b"x", b"a:1", b"^a", b"a:0:0", b":", b":-1", b"x0:99999999999", b"^", b"\xff\xfe", b"SAME", b"NHWC", b"NCHW", b"T", b"value"]


@dataclass
class Message:
    """A message of a known kind, as its fields in order: number, wire type, and a number, bytes or a message."""

    kind: str
    fields: list[tuple[int, int, int | bytes | Message]] = field(default_factory=list)

    def to_bytes(self) -> bytes:
        out = bytearray()
        for number, wire, value in self.fields:
            out += varint(number << 3 | wire)
            if isinstance(value, int):
                out += varint(value)
                continue
            content = value.to_bytes() if isinstance(value, Message) else value
            out += varint(len(content)) + content if wire == 2 else content
        return bytes(out)

    def all(self) -> Iterator[Message]:
        """This message and all inside it."""
        yield self
        for _, _, value in self.fields:
            if isinstance(value, Message):
                yield from value.all()


def _declared(kind: str) -> dict[int, tuple[str, str]]:
    """The fields of a kind of message; "map X" is that of the pairs of a map."""
    if kind.startswith("map "):
        return {1: ("key", "string"), 2: ("value", kind.removeprefix("map "))}
    return MESSAGES[kind]


def _kind_inside(declared: str) -> str | None:
    """The kind of message that a field holds, if it holds one."""
    kind = declared.removeprefix("*")
    return kind if kind.startswith("map ") or kind in MESSAGES else None


def parsed(kind: str, content: bytes) -> Message:
    """A sound message's fields."""
    made, data, at = Message(kind), memoryview(content), 0
    while at < len(data):
        key, at = read_varint(data, at, len(data))
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = read_varint(data, at, len(data))
            made.fields.append((number, wire, value))
            continue
        if wire == 2:
            size, at = read_varint(data, at, len(data))
        else:
            size = {1: 8, 5: 4}[wire]
        inside = bytes(data[at : at + size])
        at += size
        held = _kind_inside(_declared(kind)[number][1]) if number in _declared(kind) and wire == 2 else None
        made.fields.append((number, wire, parsed(held, inside) if held else inside))
    return made


def damaged_message(kind: str, content: bytes, rng: np.random.Generator) -> bytes:
    """A message with one to four fields wrong, or sometimes bytes."""
    if rng.random() < 0.1:
        return damaged_bytes(content, rng)
    root = parsed(kind, content)
    for _ in range(rng.integers(1, 5)):
        _change(root, rng)
    return root.to_bytes()


def _change(root: Message, rng: np.random.Generator) -> None:
    """Change, drop, repeat, add or exchange a field of one message, or put a whole message in the place of one of its kind."""
    found = list(root.all())
    message = found[rng.integers(len(found))]
    how = rng.random()
    if how < 0.2 or not message.fields:
        message.fields.append(_made(message.kind, rng, found))
        return
    place = int(rng.integers(len(message.fields)))
    number, wire, value = message.fields[place]
    if how < 0.3:
        del message.fields[place]
    elif how < 0.37:
        message.fields.insert(place, message.fields[place])
    elif isinstance(value, Message):
        alike = [other for other in found if other.kind == value.kind]
        message.fields[place] = number, wire, alike[rng.integers(len(alike))]
        if any(message is inside for inside in message.fields[place][2].all()):  # type: ignore[union-attr]
            message.fields[place] = number, wire, value
    elif isinstance(value, int):
        message.fields[place] = number, wire, _number(value, rng)
    elif wire == 5:
        message.fields[place] = number, wire, struct.pack("<f", rng.choice(_FLOATS))
    else:
        message.fields[place] = number, wire, _bytes(value, rng, found) if wire == 2 else value[::-1]


def _number(value: int, rng: np.random.Generator) -> int:
    if rng.random() < 0.3:
        return value + int(rng.integers(-2, 3))
    return _NUMBERS[rng.integers(len(_NUMBERS))]


def _bytes(value: bytes, rng: np.random.Generator, found: list[Message]) -> bytes:
    """Other bytes: a text from elsewhere in the message, a strange one, the same damaged or of another length."""
    how = rng.random()
    if how < 0.4:
        other = found[rng.integers(len(found))]
        texts = [text for _, _, text in other.fields if isinstance(text, bytes)]
        return texts[rng.integers(len(texts))] if texts else b""
    if how < 0.6:
        return _TEXTS[rng.integers(len(_TEXTS))]
    if how < 0.8 and len(value) >= 8:
        return damaged_bytes(value, rng)
    return value[: rng.integers(len(value) + 1)] + bytes(int(rng.integers(9)))


def _made(kind: str, rng: np.random.Generator, found: list[Message]) -> tuple[int, int, int | bytes | Message]:
    """A new field of a message of this kind."""
    declared = list(_declared(kind).items())
    number, (_, described) = declared[rng.integers(len(declared))]
    inside, scalar = _kind_inside(described), described.removeprefix("*")
    if inside:
        alike = [other for other in found if other.kind == inside and not any(one.kind == kind for one in other.all())]
        return number, 2, alike[rng.integers(len(alike))] if alike else Message(inside)
    if scalar in _VARINTS:
        return number, 0, _number(0, rng)
    if scalar in ("float", "fixed32"):
        return number, 5, struct.pack("<f", rng.choice(_FLOATS))
    if scalar == "double":
        return number, 1, struct.pack("<d", rng.choice(_FLOATS))
    return number, 2, _bytes(b"", rng, found)
