"""Read a flatbuffer whose writer is not trusted.

Everything is checked before it is used: each offset, length, vtable and type code against the bytes there are. An
offset in a flatbuffer only points forward and no table of the schema holds its own kind, so reading ends; a file that
points at one table, string or vector again and again is stopped by a budget that its length pays for. Vectors of numbers
are views of the file, never copies.
"""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from .fields import Field, Kind
from .table import FormatError, Table, enum_name
from .tables import ENUMS, IDENTIFIER, ROOT, TABLES, UNIONS

# What strings and vectors may take altogether: so many times the file's length, since some writers let equal ones share their
# bytes, and a bit for small files.
SHARING, FREE = 4, 1 << 16

_U16x2 = struct.Struct("<HH").unpack_from
_I32 = struct.Struct("<i").unpack_from
_U32 = struct.Struct("<I").unpack_from


class _Slot:
    """A field, prepared for reading."""

    __slots__ = ("field", "read", "size")

    def __init__(self, field: Field) -> None:
        self.field = field
        self.size = 4
        self.read: Any = None
        if field.kind in (Kind.SCALAR, Kind.ENUM):
            base = field.type if field.kind == Kind.SCALAR else ENUMS[field.type][0]
            self.size = 1 if base == "?" else int(base[-1])
            codes = {"?": "B", "<i1": "b", "<u1": "B", "<i2": "<h", "<u2": "<H", "<i4": "<i", "<u4": "<I",
                     "<f4": "<f", "<i8": "<q", "<u8": "<Q", "<f8": "<d"}  # fmt: skip
            self.read = struct.Struct(codes[base]).unpack_from


_slots: dict[str, dict[int, _Slot]] = {}


def _slots_of(table: str) -> dict[int, _Slot]:
    if table not in _slots:
        _slots[table] = {field.id: _Slot(field) for field in TABLES[table]}
    return _slots[table]


class _Decoder:
    def __init__(self, data: np.ndarray) -> None:
        self.data = data.data
        self.size = len(self.data)
        # The smallest table that a vector holds takes 8 bytes: its place in the vector and its vtable offset.
        self.tables_left = self.size // 8 + 16
        self.bytes_left = SHARING * self.size + FREE
        self.unknown: list[str] = []  # of all tables

    def offset(self, at: int) -> int:
        """Follow the offset at `at`."""
        target: int = at + _U32(self.data, at)[0]
        if target == at or target + 4 > self.size:
            raise FormatError(f"the offset at byte {at} leads to byte {target}; the file ends at {self.size}")
        return target

    def table(self, name: str, at: int) -> Table:
        data, size = self.data, self.size
        self.tables_left -= 1
        if self.tables_left < 0:
            raise FormatError(f"more tables than a file of {size} bytes can hold without sharing them")
        vtable = at - _I32(data, at)[0]
        if not 0 <= vtable <= size - 4:
            raise FormatError(f"the {name} at byte {at} has its vtable at byte {vtable} of {size}")
        vtable_size, table_size = _U16x2(data, vtable)
        if vtable_size < 4 or vtable_size & 1 or vtable + vtable_size > size:
            raise FormatError(f"the {name} at byte {at} has a vtable of {vtable_size} bytes at byte {vtable} of {size}")
        if table_size < 4 or at + table_size > size:
            raise FormatError(f"the {name} at byte {at} says that it is {table_size} bytes long; the file ends at {size}")
        offsets = struct.unpack_from(f"<{vtable_size // 2 - 2}H", data, vtable + 4)
        slots = _slots_of(name)
        found = Table(name)
        values, unknown = found.fields, []
        for number, offset in enumerate(offsets):
            if not offset:
                continue
            slot = slots.get(number)
            if slot is None:
                if number + 1 not in slots or slots[number + 1].field.kind != Kind.UNION:
                    unknown.append(f"field {number} of {name}")
                continue
            field = slot.field
            if offset < 4 or offset + slot.size > table_size:
                raise FormatError(f"it lies at byte {offset} of a {name} of {table_size} bytes").inside(field.name)
            try:
                if slot.read is not None:
                    value = slot.read(data, at + offset)[0]
                    if field.kind == Kind.ENUM:
                        value = enum_name(field.type, value)
                    elif field.type == "?":
                        value = bool(value)
                elif field.kind == Kind.UNION:
                    code = data[at + offsets[number - 1]] if 0 < offsets[number - 1] < table_size else 0
                    if code == 0:
                        continue
                    if code > len(UNIONS[field.type]):
                        unknown.append(f"{field.type} of type {code} in {name}.{field.name}")
                        continue
                    value = self.table(UNIONS[field.type][code - 1], self.offset(at + offset))
                else:
                    value = self.value(field, self.offset(at + offset))
            except FormatError as error:
                raise error.inside(field.name) from None
            values[field.name] = value
        if unknown:
            found.unknown = tuple(unknown)
            self.unknown += unknown
        return found

    def value(self, field: Field, at: int) -> Any:
        """What an offset field points at: a string, a table or a vector."""
        if field.kind == Kind.TABLE:
            return self.table(field.type, at)
        count = _U32(self.data, at)[0]
        if field.kind == Kind.STRING:
            return bytes(self.elements(at, count, 1)).decode("utf-8", "surrogateescape")
        if field.kind == Kind.TABLE_VECTOR:
            self.elements(at, count, 4)
            tables = []
            for index in range(count):
                try:
                    tables.append(self.table(field.type, self.offset(at + 4 + 4 * index)))
                except FormatError as error:
                    raise error.inside(f"[{index}]") from None
            return tables
        kind = ENUMS[field.type][0] if field.kind == Kind.ENUM_VECTOR else field.type
        dtype = np.dtype("u1" if kind == "?" else kind)
        vector = np.frombuffer(self.elements(at, count, dtype.itemsize), dtype)
        if field.kind == Kind.ENUM_VECTOR:
            return tuple(enum_name(field.type, int(number)) for number in vector)
        return vector != 0 if kind == "?" else vector

    def elements(self, at: int, count: int, size: int) -> memoryview:
        """The bytes of a vector's elements, checked against the end of the file and counted."""
        if at + 4 + count * size > self.size:
            left = self.size - at - 4
            raise FormatError(f"the {count} elements at byte {at} take {count * size} bytes, more than the {left} that are left")
        self.bytes_left -= count * size
        if self.bytes_left < 0:
            raise FormatError(f"strings and vectors take more than {SHARING} times the {self.size} bytes of the file, by sharing them")
        return self.data[at + 4 : at + 4 + count * size]


def decode(data: np.ndarray, root: str = ROOT, identifier: bytes = IDENTIFIER) -> Table:
    """The root table of a flatbuffer, of a .tflite file unless another `root` and `identifier` are given, with everything below it.

    `data` is the whole flatbuffer, uint8 [bytes]; vectors in the result are views of it. The root's `unknown` is that of all tables.
    Raises FormatError with the place where the bytes stop making sense.
    """
    if len(data) < 8:
        raise FormatError(f"{len(data)} bytes are too few for a header")
    found = bytes(data[4:8])
    if found != identifier:
        raise FormatError(f"the identifier at byte 4 is {found!r}, not {identifier!r}")
    decoder = _Decoder(data)
    table = decoder.table(root, decoder.offset(0))
    table.unknown = tuple(decoder.unknown)
    return table
