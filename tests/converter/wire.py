"""Protocol buffers written by hand: `message(field(1, b"name"), field(2, 7))`."""

from __future__ import annotations

import struct

from tinylite.schema.prototext import binary_of_text


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: int | float | str | bytes) -> bytes:
    """One field: a varint, a float of 32 bits, or something with a length."""
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def message(*fields: bytes) -> bytes:
    return b"".join(fields)


def pair(number: int, key: str, value: bytes) -> bytes:
    """An entry of a map of messages."""
    return field(number, field(1, key) + field(2, value))


def node(name: str, op: str = "NoOp", *more: bytes) -> bytes:
    """A NodeDef, as a field of a GraphDef."""
    return field(1, message(field(1, name), field(2, op), *more))


def attribute(name: str, value: bytes) -> bytes:
    """A node's attribute; `value` is the content of an AttrValue."""
    return pair(5, name, value)


def constant(tensor: bytes, name: str = "c") -> bytes:
    """A node that holds a TensorProto."""
    return node(name, "Const", attribute("value", field(8, tensor)))


def binary(text: str, kind: str = "GraphDef") -> bytes:
    """A message that is given as text."""
    return binary_of_text(kind, memoryview(text.encode()))
