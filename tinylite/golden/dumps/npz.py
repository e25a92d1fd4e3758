"""NumPy's archives of arrays (.npz), by name, number or position, as CASE/NAME too; goldens among them."""

from __future__ import annotations

import re
import zipfile
from typing import Any

import numpy as np

from ...errors import FileError
from ...files.archives import directory, member
from ...files.io import content_of
from ...limits import check_size
from ..golden import Golden, Record
from .base.entry import Entry, Format, as_wanted
from .base.numpy_values import array_reader

__all__ = ["FORMAT"]

_AGAIN = "Write it with numpy.savez, or fetch it again"
_CASE = re.compile(r"([0-9]{1,9})/(.+)")


def _entries(path: str, golden: Golden) -> list[Entry]:
    content = content_of(path)
    data = np.frombuffer(content, np.uint8)
    try:
        members = directory(data)
    except zipfile.BadZipFile as error:
        raise FileError(f"it is not an .npz file, or a damaged one: {error}", _AGAIN) from None
    names = [each.filename for each in members]
    if len(set(names)) < len(names):
        raise FileError("it has two members of the same name", _AGAIN)
    if "golden.json" in names:
        return _golden_entries(path)
    found = []
    for each in members:
        if each.filename.endswith(".npy"):
            name = each.filename.removesuffix(".npy")
            case = _CASE.fullmatch(name)
            place = f"array {name!r}"
            read = array_reader(_unpack(each, data))
            found.append(Entry(case[2], place, read, int(case[1])) if case else Entry(name, place, read))
    return found


def _unpack(entry: zipfile.ZipInfo, data: np.ndarray) -> Any:
    def unpack() -> memoryview:
        check_size(entry.file_size, "its array", "Dump fewer cases or tensors in a file")
        try:
            return member(entry, data)
        except zipfile.BadZipFile as error:
            raise FileError(f"it is damaged: {error}", _AGAIN) from None

    return unpack


def _golden_entries(path: str) -> list[Entry]:
    """What another golden holds: values, or CRC32s."""
    from ..file import load

    other = load(path)
    return [
        Entry(key, f"case {case}, {key!r}", _value(record), case)
        for case, records in enumerate(other.cases)
        for key, record in zip(other.keys, records, strict=True)
    ]


def _value(record: Record) -> Any:
    value = record.value
    if value is None:
        return record.crc32
    return lambda wanted: as_wanted(value, wanted)


FORMAT = Format((".npz",), lambda path, head: head.startswith(b"PK\x03\x04"), _entries)
