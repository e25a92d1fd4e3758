"""Protocol buffers in text form: parsed by Google's library, with descriptors of its own that meet nobody else's.

TensorFlow registers the same messages under the same names; a private pool keeps the two apart in one process.
"""

from __future__ import annotations

import functools
from typing import Any

from .graphdef import MESSAGES
from .table import FormatError

__all__ = ["binary_of_text"]

_PACKAGE = "tensorflow"


@functools.cache
def _classes() -> dict[str, Any]:
    """Message classes made from the tables."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(
        name="tinylite/graphdef.proto", package=_PACKAGE, syntax="proto2"
    )  # 2: zeros that are set count
    kinds = descriptor_pb2.FieldDescriptorProto
    made: dict[str, Any] = {}
    for name in MESSAGES:  # those that lie inside of others come behind them
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
    for number, text in _data_types():
        enum.value.add(name=text, number=number)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in MESSAGES}


def _type(kinds: Any, field: Any, kind: str) -> None:
    if kind in MESSAGES:
        field.type, field.type_name = kinds.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
    elif kind == "enum":
        field.type, field.type_name = kinds.TYPE_ENUM, f".{_PACKAGE}.DataType"
    else:
        field.type = getattr(kinds, f"TYPE_{kind.upper()}")
        field.options.packed = field.label == kinds.LABEL_REPEATED and kind not in ("string", "bytes")


def _data_types() -> list[tuple[int, str]]:
    """TensorFlow's own names of its types, which text uses."""
    names = [
        "INVALID", "FLOAT", "DOUBLE", "INT32", "UINT8", "INT16", "INT8", "STRING", "COMPLEX64", "INT64", "BOOL", "QINT8", "QUINT8",
        "QINT32", "BFLOAT16", "QINT16", "QUINT16", "UINT16", "COMPLEX128", "HALF", "RESOURCE", "VARIANT", "UINT32", "UINT64",
        "FLOAT8_E5M2", "FLOAT8_E4M3FN",
    ]  # fmt: skip
    plain = [*enumerate(names), (29, "INT4"), (30, "UINT4")]
    return [(number, f"DT_{name}") for number, name in plain] + [(number + 100, f"DT_{name}_REF") for number, name in plain if number]


def binary_of_text(message: str, text: str) -> bytes:
    """The binary form of a message in text form; fields that the tables do not have are dropped. Raises FormatError with the line."""
    from google.protobuf import text_format

    made = _classes()[message]()
    try:
        text_format.Parse(text, made, allow_unknown_field=True)
    except text_format.ParseError as error:
        raise FormatError(f"the text cannot be read: {error}") from None
    content: bytes = made.SerializeToString()
    return content
