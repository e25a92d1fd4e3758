"""Damage to bytes, and to the fields of .tflite files that stay well formed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tinylite.schema.decode import decode
from tinylite.schema.encode import encode
from tinylite.schema.fields import Kind
from tinylite.schema.table import Table, fields_of
from tinylite.schema.tables import ENUMS

__all__ = ["INTERESTING", "damaged_bytes", "damaged_model"]

# What offsets, lengths, indices, dimensions, options and scales are when they are wrong.
_NUMBERS = np.array([0, 1, 2, 3, 4, 7, 8, 127, 128, 255, 256, 1000, 32768, 65535, 65536, 1 << 20, 1 << 24, 1 << 30, (1 << 31) - 1,
                     1 << 31, (1 << 32) - 1, (1 << 32) - 2, (1 << 32) - 128], np.uint32)  # fmt: skip
_FLOATS = np.array([0, -1, 1, 0.5, 1e-30, 1e-45, 1e30, 3e38, np.inf, -np.inf, np.nan], np.float32).view(np.uint32)
INTERESTING = np.concatenate([_NUMBERS, _FLOATS])

# ---- what is called


def damaged_model(content: bytes, rng: np.random.Generator) -> bytes:
    """A .tflite file with one to three things wrong: mostly fields of one that stays well formed, else bytes."""
    if rng.random() >= 0.6:
        return damaged_bytes(content, rng)
    root = decode(np.frombuffer(content, np.uint8))
    for _ in range(rng.integers(1, 4)):
        change_field(root, rng)
    return bytes(encode(root))


def damaged_bytes(content: bytes, rng: np.random.Generator) -> bytes:
    """Bytes with one to three things wrong."""
    data = np.frombuffer(content, np.uint8).copy()
    for _ in range(rng.integers(1, 4)):
        if data.size >= 8:
            data = _DAMAGES[rng.choice(len(_DAMAGES), p=_SHARES)](data, rng)
    return data.tobytes()


# ---- fields


def change_field(root: Table, rng: np.random.Generator) -> None:
    """Change one field of one table, be it in the file or not: an absent field has no bytes that could be damaged."""
    found = list(_all_tables(root))
    table = found[rng.integers(len(found))]
    fields = list(fields_of(table.table).values())
    if not fields:
        return
    field = fields[rng.integers(len(fields))]
    value = table.fields.get(field.name)
    if field.kind in (Kind.SCALAR, Kind.ENUM):
        table.fields[field.name] = _number(field.type if field.kind == Kind.SCALAR else ENUMS[field.type][0], rng)
    elif field.kind == Kind.VECTOR and field.type != "?":
        table.fields[field.name] = _vector(np.array([] if value is None else value, field.type), rng)
    elif field.kind == Kind.TABLE_VECTOR and value:
        a, b = rng.integers(len(value), size=2)
        without, twice, another = value[:a] + value[a + 1 :], [*value, value[a]], [*value[:a], value[b], *value[a + 1 :]]
        table.fields[field.name] = (without, twice, another)[rng.integers(3)]
    elif rng.random() < 0.3:
        table.fields.pop(field.name, None)


def _all_tables(table: Table) -> Iterator[Table]:
    yield table
    for value in table.fields.values():
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, Table):
                yield from _all_tables(entry)


def _number(type: str, rng: np.random.Generator) -> Any:
    """A number of a field's type that somebody might not have thought of."""
    dtype = np.dtype(np.uint8 if type == "?" else type)
    if dtype.kind == "f":
        return float(rng.choice(_FLOATS.view(np.float32)))
    if rng.random() < 0.3:
        return int(rng.integers(0, 100))
    return int(rng.choice(INTERESTING).astype(np.uint64).view(np.int64).astype(dtype))


def _vector(values: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    """One element changed, added or taken away, or all."""
    position = int(rng.integers(values.size + 1))
    how = rng.integers(5)
    if how == 0:
        return None
    if how == 1:
        return np.delete(values, slice(position, position + 1))
    with np.errstate(all="ignore"):
        number = np.array(_number(values.dtype.str, rng)).astype(values.dtype)
    if how == 2 or position == values.size:
        return np.insert(values, position, number)
    values[position] = number
    return values


# ---- bytes


def flip_bit(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    data[rng.integers(data.size)] ^= 1 << rng.integers(8)
    return data


def change_byte(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    data[rng.integers(data.size)] = rng.choice([0, 1, 2, 127, 128, 255, rng.integers(256)])
    return data


def change_word(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    words = data[: data.size // 4 * 4].view(np.uint32)
    words[rng.integers(words.size)] = rng.choice(INTERESTING)
    return data


def add_to_word(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    words = data[: data.size // 4 * 4].view(np.uint32)
    at = rng.integers(words.size)
    words[at : at + 1] += np.uint32(rng.integers(-16, 17) % (1 << 32))
    return data


def copy_block(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = min(4 * int(rng.integers(1, 9)), data.size // 2)
    source, target = rng.integers(0, data.size - size, 2) // 4 * 4
    data[target : target + size] = data[source : source + size].copy()
    return data


def swap_blocks(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = min(4 * int(rng.integers(1, 9)), data.size // 2)
    a, b = rng.integers(0, data.size - size, 2) // 4 * 4
    kept = data[a : a + size].copy()
    data[a : a + size] = data[b : b + size]
    data[b : b + size] = kept
    return data


def truncate(data: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return data[: rng.integers(data.size)]


_DAMAGES: list[Callable[[np.ndarray, np.random.Generator], np.ndarray]] = [
    flip_bit, change_byte, change_word, add_to_word, copy_block, swap_blocks, truncate
]  # fmt: skip
_SHARES = [0.15, 0.2, 0.4, 0.1, 0.06, 0.06, 0.03]
