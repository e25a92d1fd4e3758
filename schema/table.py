"""Tables and enums as Python values, with the fields and names that schema/tflite.fbs gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .fields import Field
from .tables import ENUMS, TABLES

_by_name: dict[str, dict[str, Field]] = {}
_enum_names: dict[str, dict[int, str]] = {}


class FormatError(ValueError):
    """A file that breaks the rules of its format: `problem` says which, `place` where ("subgraphs[0].tensors[3]")."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.places: list[str] = []

    @property
    def place(self) -> str:
        return ".".join(reversed(self.places)).replace(".[", "[")

    def inside(self, place: str) -> FormatError:
        """Note one more level on the way out, and return self to be raised again."""
        self.places.append(place)
        return self

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}" if self.places else self.problem


def enum_name(enum: str, number: int) -> str | int:
    """The name of an enum's value, or the number itself if the schema has none for it."""
    if enum not in _enum_names:
        _enum_names[enum] = {value: name for name, value in ENUMS[enum][1].items()}
    return _enum_names[enum].get(number, number)


def enum_number(enum: str, name: str | int) -> int:
    """The number of an enum's value; numbers pass, so that values unknown to the schema survive."""
    if isinstance(name, (int, np.integer)) and not isinstance(name, bool):
        return int(name)
    numbers = ENUMS[enum][1]
    if not isinstance(name, str) or name not in numbers:
        known = ", ".join(list(numbers)[:30]) + (", ..." if len(numbers) > 30 else "")
        raise FormatError(f"{name!r} is not a value of {enum}; there are: {known}")
    return numbers[name]


def fields_of(table: str) -> dict[str, Field]:
    """The fields of a table by name, in file order."""
    if table not in _by_name:
        _by_name[table] = {field.name: field for field in TABLES[table]}
    return _by_name[table]


class Table:
    """One table: `table.field` reads a field (its default where absent), assignment sets it.

    Enums are names ("SAME"), or the number where the schema has no name for it. A field that `index_of` marks holds a
    number here and the object itself in a Model. `unknown` lists what a newer writer put in the file and this schema
    does not have, in the root for all tables: it cannot be written again, since a flatbuffer does not say what its fields are.
    """

    __slots__ = ("fields", "table", "unknown")
    table: str
    fields: dict[str, Any]
    unknown: tuple[str, ...]

    def __init__(self, table: str, /, **fields: Any) -> None:
        if table not in TABLES:
            raise AttributeError(f"there is no table {table!r} in the TensorFlow Lite schema")
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "fields", {})
        object.__setattr__(self, "unknown", ())
        for name, value in fields.items():
            setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        # Only called for what is not a slot.
        fields = self.fields
        if name in fields:
            return fields[name]
        field = fields_of(self.table).get(name)
        if field is None:
            raise AttributeError(f"{self.table} has no field {name!r}; it has: {', '.join(fields_of(self.table)) or 'none'}")
        return field.default

    def __setattr__(self, name: str, value: Any) -> None:
        if name in Table.__slots__:
            object.__setattr__(self, name, value)
            return
        if name not in fields_of(self.table):
            raise AttributeError(f"{self.table} has no field {name!r}; it has: {', '.join(fields_of(self.table)) or 'none'}")
        if isinstance(value, float) and fields_of(self.table)[name].type == "<f4":
            value = float(np.float32(value))  # what a file will hold
        self.fields[name] = value

    def items(self) -> Iterator[tuple[str, Any]]:
        """Every field with its value, absent ones with their defaults."""
        return ((name, self.fields.get(name, field.default)) for name, field in fields_of(self.table).items())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Table):
            return NotImplemented
        return self.table == other.table and all(
            _same(mine, theirs) for (_, mine), (_, theirs) in zip(self.items(), other.items(), strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self.table}({', '.join(f'{name}={value!r}' for name, value in self.items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.table, self.fields, self.unknown)


def _rebuild(table: str, fields: dict[str, Any], unknown: tuple[str, ...]) -> Table:
    rebuilt = Table(table, **fields)
    rebuilt.unknown = unknown
    return rebuilt


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return a is not None and b is not None and np.array_equal(a, b)
    return bool(a == b)
