"""Write a flatbuffer from tables; the same tables always give the same bytes."""

from __future__ import annotations

import reprlib
from typing import Any

import flatbuffers
import numpy as np
from flatbuffers import number_types

from .fields import Field, Kind
from .table import FormatError, Table, enum_number, fields_of
from .tables import ENUMS, IDENTIFIER, TABLES, UNIONS

_FLAGS = {
    "?": number_types.BoolFlags, "<i1": number_types.Int8Flags, "<u1": number_types.Uint8Flags,
    "<i2": number_types.Int16Flags, "<u2": number_types.Uint16Flags, "<i4": number_types.Int32Flags,
    "<u4": number_types.Uint32Flags, "<f4": number_types.Float32Flags, "<i8": number_types.Int64Flags,
    "<u8": number_types.Uint64Flags, "<f8": number_types.Float64Flags,
}  # fmt: skip


class _Encoder:
    def __init__(self, size: int) -> None:
        self.builder = flatbuffers.Builder(size)

    def table(self, table: Table) -> int:
        builder = self.builder
        present = []
        for name, field in fields_of(table.table).items():
            value = table.fields.get(name)
            if value is None:
                continue
            try:
                if field.kind in (Kind.SCALAR, Kind.ENUM):
                    present.append(self.number(field, value))
                    continue
                present.append((4, field, self.child(field, value)))
                if field.kind == Kind.UNION:
                    present.append((1, field, self.member(field, value)))
            except FormatError as error:
                raise error.inside(name) from None
        # Widest first, as other writers do: no padding between fields.
        present.sort(key=lambda entry: (-entry[0], entry[1].id))
        builder.StartObject(TABLES[table.table][-1].id + 1 if TABLES[table.table] else 0)
        for size, field, value in present:
            if field.kind == Kind.SCALAR:
                builder.PrependSlot(_FLAGS[field.type], field.id, value, field.default)
            elif field.kind == Kind.ENUM:
                builder.PrependSlot(_FLAGS[ENUMS[field.type][0]], field.id, value, enum_number(field.type, field.default))
            elif field.kind == Kind.UNION and size == 1:
                builder.PrependUint8Slot(field.id - 1, value, 0)
            else:
                builder.PrependUOffsetTRelativeSlot(field.id, value, 0)
        return int(builder.EndObject())

    def number(self, field: Field, value: Any) -> tuple[int, Field, Any]:
        base = field.type
        if field.kind == Kind.ENUM:
            base, value = ENUMS[field.type][0], enum_number(field.type, value)
        dtype = np.dtype(base)
        if dtype.kind in "iu":
            limits = np.iinfo(dtype)
            try:
                if int(value) != value or not limits.min <= value <= limits.max:
                    raise FormatError(f"{reprlib.repr(value)} is not a whole number from {limits.min} to {limits.max}")
            except (TypeError, ValueError, OverflowError) as error:
                if isinstance(error, FormatError):
                    raise
                raise FormatError(f"{reprlib.repr(value)} is not a whole number") from None
            return dtype.itemsize, field, int(value)
        try:
            return dtype.itemsize, field, bool(value) if base == "?" else float(value)
        except (TypeError, ValueError, OverflowError):
            raise FormatError(f"{reprlib.repr(value)} is not a number") from None

    def member(self, field: Field, value: Table) -> int:
        """The type code of a union's member."""
        if not isinstance(value, Table) or value.table not in UNIONS[field.type]:
            raise FormatError(f"{_called(value)} is not a member of {field.type}")
        return UNIONS[field.type].index(value.table) + 1

    def child(self, field: Field, value: Any) -> int:
        builder = self.builder
        if field.kind in (Kind.TABLE, Kind.UNION):
            if field.kind == Kind.UNION:
                self.member(field, value)
            return self.table(_table(field, value))
        if field.kind == Kind.STRING:
            if not isinstance(value, str):
                raise FormatError(f"{reprlib.repr(value)} is not a text")
            try:
                return int(builder.CreateString(value.encode("utf-8", "surrogateescape")))
            except UnicodeEncodeError:
                raise FormatError(f"{reprlib.repr(value)} is a text that UTF-8 cannot hold") from None
        if field.kind == Kind.TABLE_VECTOR:
            if not isinstance(value, (list, tuple)):
                raise FormatError(f"{reprlib.repr(value)} is not a list of tables")
            offsets = []
            # Backwards, since a flatbuffer is built from its end: the tables then lie in their order.
            for index in reversed(range(len(value))):
                try:
                    offsets.append(self.table(_table(field, value[index])))
                except FormatError as error:
                    raise error.inside(f"[{index}]") from None
            builder.StartVector(4, len(offsets), 4)
            for offset in offsets:
                builder.PrependUOffsetTRelative(offset)
            return int(builder.EndVector())
        dtype = np.dtype(ENUMS[field.type][0] if field.kind == Kind.ENUM_VECTOR else field.type)
        if field.kind == Kind.ENUM_VECTOR:
            value = [enum_number(field.type, name) for name in value]
        try:
            vector = np.frombuffer(value, np.uint8) if isinstance(value, bytes) else np.ascontiguousarray(value)
            if vector.size and vector.dtype.kind not in "biuf":
                raise TypeError
            with np.errstate(invalid="ignore"):  # a NaN that becomes an integer is no longer equal to itself
                stored = vector.astype(dtype, copy=False)
            if vector.size and not (stored == vector).all() and dtype.kind in "iu":
                raise OverflowError
        except (TypeError, ValueError, OverflowError):
            raise FormatError(f"{reprlib.repr(value)} does not fit a vector of {dtype.name}") from None
        if stored.ndim > 1:
            raise FormatError(f"a vector has one dimension, not {stored.ndim}")
        return self.vector(stored.reshape(-1), max(dtype.itemsize, field.align))

    def vector(self, stored: np.ndarray, align: int) -> int:
        builder = self.builder
        builder.StartVector(stored.dtype.itemsize, stored.size, align)
        head = builder.head - stored.nbytes
        memoryview(builder.Bytes)[head : head + stored.nbytes] = stored.view(np.uint8).data
        builder.head = head
        return int(builder.EndVector())


def _table(field: Field, value: Any) -> Table:
    if not isinstance(value, Table) or (field.kind != Kind.UNION and value.table != field.type):
        raise FormatError(f"{_called(value)} is not a {field.type}")
    return value


def _called(value: Any) -> str:
    return f"a {value.table}" if isinstance(value, Table) else reprlib.repr(value)


def encode(root: Table, size: int = 1 << 16, identifier: bytes = IDENTIFIER) -> memoryview:
    """The file that `root` (a Model table, unless another `identifier` is given) makes: bytes, ready to be written.

    `size` is how many bytes to make room for at first. Raises FormatError with the place of a value that its field
    cannot hold.
    """
    encoder = _Encoder(size)
    offset = encoder.table(root)
    encoder.builder.Finish(offset, file_identifier=identifier)
    return memoryview(encoder.builder.Bytes)[encoder.builder.head :]
