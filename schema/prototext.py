"""Protocol buffers in text form: parsed by Google's library, with descriptors of its own that meet nobody else's.

TensorFlow registers the same messages under the same names; a private pool keeps the two apart in one process.
"""

from __future__ import annotations

import functools
import os
import re
import warnings
from collections.abc import Iterator
from typing import Any

from .graphdef import IO_TYPES, MESSAGES, TYPES
from .table import FormatError

__all__ = ["binary_of_text"]

_PACKAGE = "tensorflow"


@functools.cache
def _classes() -> dict[str, Any]:
    """Message classes made from the tables."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    # Of proto2, since there a zero that is set counts.
    file = descriptor_pb2.FileDescriptorProto(name="tinylite/graphdef.proto", package=_PACKAGE, syntax="proto2")
    kinds = descriptor_pb2.FieldDescriptorProto
    made: dict[str, Any] = {}
    for name in MESSAGES:  # those that lie inside of others come after them
        outer, _, inner = name.rpartition(".")
        made[name] = made[outer].nested_type.add(name=inner) if outer else file.message_type.add(name=inner)
    for name, fields in MESSAGES.items():
        for number, (field, kind) in fields.items():
            plain = kind.removeprefix("*").removeprefix("map ")
            entry = made[name].field.add(name=field, number=number, label=kinds.LABEL_REPEATED if plain != kind else kinds.LABEL_OPTIONAL)
            if kind.startswith("map "):
                pair = made[name].nested_type.add(name="".join(part.title() for part in field.split("_")) + "Entry")
                pair.options.map_entry = True
                pair.field.add(name="key", number=1, label=kinds.LABEL_OPTIONAL, type=kinds.TYPE_STRING)
                _type(kinds, pair.field.add(name="value", number=2, label=kinds.LABEL_OPTIONAL), plain)
                entry.type, entry.type_name = kinds.TYPE_MESSAGE, f".{_PACKAGE}.{name}.{pair.name}"
            else:
                _type(kinds, entry, plain)
    enum = file.enum_type.add(name="DataType")
    for suffix, more in (("", 0), ("_REF", 100)):
        for number, (text, _) in TYPES.items():
            enum.value.add(name=f"DT_{text}{suffix}", number=number + more)
    types = file.enum_type.add(name="IODataType")
    for number, text in IO_TYPES.items():
        types.value.add(name=text, number=number)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in MESSAGES}


def _type(kinds: Any, field: Any, kind: str) -> None:
    if kind in MESSAGES:
        field.type, field.type_name = kinds.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
    elif kind == "enum":
        field.type, field.type_name = kinds.TYPE_ENUM, f".{_PACKAGE}.DataType"
    elif kind == "io_type":
        field.type, field.type_name = kinds.TYPE_ENUM, f".{_PACKAGE}.IODataType"
    else:
        field.type = getattr(kinds, f"TYPE_{kind.upper()}")
        field.options.packed = field.label == kinds.LABEL_REPEATED and kind not in ("string", "bytes")


def binary_of_text(message: str, text: memoryview) -> bytes:
    """The binary form of a message in text form; fields that the tables do not have are dropped.

    Raises FormatError with line and column.
    """
    from google.protobuf import message as messages, text_format

    made = _classes()[message]()
    tensors: dict[bytes, bytes] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of strings with escapes that are none
            text_format.ParseLines(_lines(text, tensors), made, allow_unknown_field=True)
        if tensors:
            _put_back(made, tensors)
        content: bytes = made.SerializeToString()
    except text_format.ParseError as error:
        place = "" if error.GetLine() is None else f"line {error.GetLine()}, column {error.GetColumn() or 1}: "
        problem = str(error).partition(" : ")[2] if place else str(error)
        raise FormatError(place + problem.rstrip(".")) from None
    except RecursionError:
        raise FormatError("its messages are nested too deep") from None
    except FormatError:
        raise
    except (ValueError, messages.EncodeError) as error:  # texts that are not UTF-8, more than 2 GiB
        raise FormatError(str(error)) from None
    return content


_TENSOR = b'tensor_content: "'
_LONG = 1 << 12


def _lines(text: memoryview, tensors: dict[bytes, bytes]) -> Iterator[str]:
    """The lines one by one. Long values of tensors, for which the parser would need many times their size, go into `tensors`."""
    mark = os.urandom(16).hex()
    for number, match in enumerate(re.finditer(rb"([^\n]*)\n?", text), 1):
        line = match[1]
        value = _value_of(line) if len(line) > _LONG else None
        if value is not None:
            name = f"{mark} {number}".encode()
            tensors[name] = value
            line = _TENSOR + name + b'"'
        try:
            yield str(line, "utf-8" if number > 1 else "utf-8-sig")
        except UnicodeDecodeError as error:
            raise FormatError(f"line {number}, column {error.start + 1}: it is not UTF-8") from None


def _value_of(line: bytes) -> bytes | None:
    """The bytes in a line that holds the value of a tensor and nothing else, as TensorFlow writes it; None for other lines."""
    line = line.strip()
    inner = line[len(_TENSOR) : -1]
    unescaped = inner.replace(b"\\\\", b"").replace(b'\\"', b"")
    if (
        not line.startswith(_TENSOR)
        or line[-1:] != b'"'
        or b'"' in unescaped
        or unescaped[-1:] == b"\\"
        or b"\\?" in unescaped
        or not inner.isascii()
    ):
        return None
    try:
        return inner.decode("unicode_escape").encode("latin-1")
    except UnicodeError:
        return None


def _put_back(message: Any, tensors: dict[bytes, bytes]) -> None:
    """Put the values that were taken out in their places."""
    for field, value in message.ListFields():
        if field.name == "tensor_content":
            message.tensor_content = tensors.get(value, value)
        elif field.message_type is not None and field.message_type.GetOptions().map_entry:
            for entry in value.values() if field.message_type.fields_by_name["value"].message_type else ():
                _put_back(entry, tensors)
        elif field.message_type is not None:
            for entry in [value] if hasattr(value, "ListFields") else value:
                _put_back(entry, tensors)
