"""How schema/tables.py describes one field of a flatbuffers table."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple


class Kind(IntEnum):
    """What a field's place in a table holds; all but SCALAR and ENUM hold an offset."""

    SCALAR = 0
    ENUM = 1
    STRING = 2
    TABLE = 3
    UNION = 4
    VECTOR = 5
    ENUM_VECTOR = 6
    TABLE_VECTOR = 7


class Field(NamedTuple):
    """One field: `id` is its place in the vtable (of a union's value; its type code comes just before).

    `type` is a numpy type string, or the name of an enum, table or union. An absent field reads as `default`. Vector
    data are aligned to at least `align` bytes. `index_of` names the vector that the number points into.
    """

    id: int
    name: str
    kind: Kind
    type: str
    default: Any
    align: int = 0
    index_of: str | None = None
