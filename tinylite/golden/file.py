"""A golden's file: an .npz that plain numpy reads, with a member golden.json that says what its arrays are."""

from __future__ import annotations

import io
import json
import math
import os
import re
import sys
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import FileError, at, quoted
from ..files.archives import directory, member
from ..files.io import MAPPED_FROM, content_of, write_whole
from ..files.numpy_arrays import array_in
from ..limits import check_size, memory_shortage
from ..tensor_types import DTYPES, shape_problem
from .golden import FORMAT_VERSION, ROLES, Golden, GoldenTensor, Record, native, stored_bytes

__all__ = ["FORMAT", "load", "save", "verify_record"]

FORMAT = "tinylite golden"
_JSON = "golden.json"
_AGAIN = "Record it again, or fetch the file again from where it is kept"
_LESS = "Record fewer cases, or without layers"
_TEXT = "str"
_DTYPES = {np.dtype(dtype).name for dtype in DTYPES.values()} | {_TEXT}
_LONGEST_NAME = 100  # characters of a tensor's name in an array's name
_ALIGNED = 64  # bytes: where arrays begin, so that they are compared where they lie
_PADDING = 0xD935  # the kind of a zip's extra field that aligns what follows
_EARLIEST = (1980, 1, 1, 0, 0, 0)
_JSON_BYTES = 32  # at most, that a byte of JSON takes while it is read


def save(golden: Golden, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a golden, whole or not at all; the same golden is always the same bytes. Raises FileError.

    A file that is there already is an error unless `overwrite` says otherwise.
    """
    where = os.fsdecode(path)
    with at(where), memory_shortage("writing it", _LESS):
        held = sum(record.value.nbytes for case in golden.cases for record in case if record.value is not None)
        check_size(2 * held, "the file of the golden", _LESS)
        write_whole(where, [_archive(golden)], replace=overwrite)


def _archive(golden: Golden) -> memoryview:
    names = _member_names(golden)
    described = _described(golden, names)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, _JSON, json.dumps(described, indent=1, ensure_ascii=True, allow_nan=False).encode())
        for case, records in enumerate(golden.cases):
            for name, record in zip(names, records, strict=True):
                if record.value is not None:
                    content = io.BytesIO()
                    np.lib.format.write_array(content, _as_array(record.value), allow_pickle=False)
                    _add(archive, f"{case}/{name}.npy", content.getbuffer())
    return written.getbuffer()


def _add(archive: zipfile.ZipFile, name: str, content: bytes | memoryview) -> None:
    """Add a member whose content begins at an aligned place."""
    info = zipfile.ZipInfo(name, _EARLIEST)
    info.external_attr = 0o644 << 16
    info.create_system = 3  # as on Unix, wherever it is written
    assert archive.fp is not None
    head = archive.fp.tell() + 30 + len(name.encode()) + 4
    padding = -head % _ALIGNED
    info.extra = _PADDING.to_bytes(2, "little") + padding.to_bytes(2, "little") + bytes(padding)
    archive.writestr(info, content)


def _as_array(value: np.ndarray) -> np.ndarray:
    """What numpy writes without pickles: little-endian, and text as bytes of one length."""
    if value.dtype != object:
        return np.asarray(value, value.dtype.newbyteorder("<"))
    texts = [_text(each) for each in value.flat]
    return np.array(texts, f"S{max(map(len, texts), default=1) or 1}").reshape(value.shape)


def _text(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _member_names(golden: Golden) -> list[str]:
    """What each tensor's arrays are called in the file: its name with letters, digits, - . and _ only, and another one where two agree.

    So no system that unpacks the file is led elsewhere; the true names are in golden.json.
    """
    taken: set[str] = set()
    found = []
    for tensor in golden.tensors:
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "_", tensor.name)[:_LONGEST_NAME].strip(".") or f"tensor_{tensor.index}"
        name, number = plain, tensor.index
        while name.lower() in taken:
            name, number = f"{plain}_{number}", number + 1
        taken.add(name.lower())
        found.append(name)
    return found


def _described(golden: Golden, names: list[str]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "model": golden.model,
        "model_sha256": golden.model_sha256,
        "graph": golden.graph,
        "arithmetic": golden.arithmetic,
        "arithmetic_version": golden.arithmetic_version,
        "tinylite": golden.tinylite,
        "seed": golden.seed,
        "cpu": golden.cpu,
        "layers": golden.layers,
        "notes": list(golden.notes),
        "tensors": [
            {
                "name": tensor.name, "index": tensor.index, "role": tensor.role, "dtype": tensor.dtype, "scale": _plain(tensor.scale),
                "zero_point": list(tensor.zero_point), "axis": tensor.axis, "op": tensor.op, "operator": tensor.operator,
            }
            for tensor in golden.tensors
        ],
        "cases": [
            [_plain_record(record, f"{case}/{name}") for name, record in zip(names, records, strict=True)]
            for case, records in enumerate(golden.cases)
        ],
    }  # fmt: skip


def _plain(scale: tuple[float, ...]) -> list[float | str]:
    """Scales as JSON has them, which knows neither NaN nor infinity."""
    return [each if math.isfinite(each) else str(each) for each in scale]


def _plain_record(record: Record, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {"shape": list(record.shape), "crc32": f"{record.crc32:08x}", "sha256": record.sha256}
    if record.value is not None:
        found["array"] = name
        if record.value.dtype == object:  # numpy's bytes of one length lose zero bytes at their ends
            found["lengths"] = [len(_text(each)) for each in record.value.flat]
    return found


# ---- reading


def load(path: str | os.PathLike[str], *, verify: bool = True) -> Golden:
    """Read a golden. Raises FileError, with place and remedy, for whatever is wrong with the file, and OutOfMemoryError.

    Each array must have the dtype, shape and CRC32 that golden.json says. Without `verify`, the CRC32 is checked of inputs only;
    `check` does so, and checks that of each array that differs from what it is compared with.
    """
    where = os.fsdecode(path)
    with at(where), memory_shortage("reading it", _LESS):
        content = content_of(where)
        data = np.frombuffer(content, np.uint8)
        try:
            entries = directory(data)
        except zipfile.BadZipFile as error:
            raise FileError(f"not a golden, or a damaged one: {error}", _AGAIN) from None
        members: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            if entry.filename in members:
                raise FileError(f"it has two members {entry.filename!r}", _AGAIN)
            members[entry.filename] = entry
        if _JSON not in members:
            raise FileError(
                f"not a golden: it has no member {_JSON}",
                "Record one: tinylite golden record. An .npz file of arrays is a dump, which a golden is checked with",
            )
        check_size(_JSON_BYTES * members[_JSON].file_size, f"its {_JSON}", _LESS)
        with at(_JSON):
            described = _parsed(bytes(_unpacked(members[_JSON], data)))
        check_size(sum(entry.file_size for entry in entries), "what it holds", _LESS, beside=len(content))
        return _golden(described, lambda name: _array(name, members, data), where, verify)


def _unpacked(entry: zipfile.ZipInfo, data: np.ndarray, checked: bool = True) -> memoryview:
    try:
        return member(entry, data, checked)
    except zipfile.BadZipFile as error:
        raise FileError(f"it is damaged: {error}", _AGAIN) from None


def _array(name: str, members: Mapping[str, zipfile.ZipInfo], data: np.ndarray) -> np.ndarray:
    """An array of the file: a view where that is in memory; a mapped file may lose its pages."""
    entry = members.get(f"{name}.npy")
    if entry is None:
        raise FileError(f"there is no array {name!r} in the file", _AGAIN)
    try:
        array = array_in(_unpacked(entry, data, checked=False))  # golden.json has the CRC32 of its values
    except FileError:
        raise
    except Exception as error:  # of numpy's reader of headers, of all types
        raise FileError(f"the array {name!r} is damaged: {str(error)[:200]}", _AGAIN) from None
    return array.copy() if data.size >= MAPPED_FROM else array


def _parsed(content: bytes) -> Any:
    def refuse(text: str) -> Any:
        raise ValueError(f"{text} is not JSON")

    try:
        return json.loads(content.decode(), parse_constant=refuse)
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise FileError(f"it is not JSON: {str(error)[:200]}", _AGAIN) from None


class _Fields:
    """A JSON object whose fields are asked for with the type that they should have."""

    def __init__(self, given: Any, place: str) -> None:
        if not isinstance(given, dict):
            raise FileError(f"{place or 'it'} is {quoted(given)}, not an object", _AGAIN)
        self.given, self.place = given, place

    def _wrong(self, name: str, wanted: str) -> FileError:
        place = f"{self.place}.{name}" if self.place else name
        if name not in self.given:
            return FileError(f"{place} is missing", _AGAIN)
        return FileError(f"{place} is {quoted(self.given[name])}, not {wanted}", _AGAIN)

    def text(self, name: str, pattern: str = "", wanted: str = "a text") -> str:
        value = self.given.get(name)
        if not isinstance(value, str) or (pattern and not re.fullmatch(pattern, value)):
            raise self._wrong(name, wanted)
        return value

    def number(self, name: str, least: int = 0) -> int:
        value = self.given.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 1 << 63:
            raise self._wrong(name, f"a whole number from {least} on")
        return value

    def number_or_none(self, name: str) -> int | None:
        return None if name in self.given and self.given[name] is None else self.number(name)

    def flag(self, name: str) -> bool:
        value = self.given.get(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def all(self, name: str, fits: Callable[[Any], bool], wanted: str) -> list[Any]:
        value = self.given.get(name)
        if not isinstance(value, list) or not all(map(fits, value)):
            raise self._wrong(name, f"a list of {wanted}")
        return value


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63


def _is_scale(value: Any) -> bool:
    """Whether it is a number that a float holds, or one of the texts for those that JSON lacks."""
    return (isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max) or value in (
        "nan", "inf", "-inf",
    )  # fmt: skip


def _golden(given: Any, array: Callable[[str], np.ndarray], path: str, verify: bool) -> Golden:
    with at(_JSON):
        fields = _Fields(given, "")
        if given.get("format") != FORMAT:
            raise FileError(f"its format is {quoted(given.get('format'))}, not {FORMAT!r}", "Record it with tinylite golden record")
        version = fields.number("format_version", 1)
        if version != FORMAT_VERSION:
            raise FileError(
                f"it is of version {version} of the format, and this tinylite reads version {FORMAT_VERSION}",
                "Install the tinylite that wrote it, or a newer one, or record it again",
            )
        tensors = tuple(
            _tensor(_Fields(each, f"tensors[{number}]")) for number, each in enumerate(fields.all("tensors", lambda _: True, "tensors"))
        )
        cases = fields.all("cases", lambda case: isinstance(case, list), "lists of records")
        for number, case in enumerate(cases):
            if len(case) != len(tensors):
                raise FileError(f"cases[{number}] has {len(case)} records, and there are {len(tensors)} tensors", _AGAIN)
        made = Golden(
            model=fields.text("model"),
            model_sha256=fields.text("model_sha256", "[0-9a-f]{64}", "64 hexadecimal digits"),
            arithmetic=fields.text("arithmetic"),
            arithmetic_version=fields.number("arithmetic_version"),
            tinylite=fields.text("tinylite"),
            seed=fields.number_or_none("seed"),
            cpu=fields.text("cpu"),
            layers=fields.flag("layers"),
            tensors=tensors,
            cases=tuple(
                tuple(
                    _record(_Fields(each, f"cases[{number}][{place}]"), tensors[place], array, verify)
                    for place, each in enumerate(case)
                )
                for number, case in enumerate(cases)
            ),
            graph=fields.number("graph"),
            notes=tuple(fields.all("notes", lambda note: isinstance(note, str), "texts")),
            path=path,
        )  # fmt: skip
    return made


def _tensor(fields: _Fields) -> GoldenTensor:
    role, dtype = fields.text("role"), fields.text("dtype")
    if role not in ROLES:
        raise FileError(f"{fields.place}.role is {quoted(role)}, not one of {', '.join(ROLES)}", _AGAIN)
    if dtype not in _DTYPES:
        raise FileError(f"{fields.place}.dtype is {quoted(dtype)}, which tensors do not have", _AGAIN)
    scale = tuple(float(each) for each in fields.all("scale", _is_scale, "numbers"))
    zero_point = tuple(fields.all("zero_point", _is_whole, "whole numbers"))
    if len(zero_point) not in (0, len(scale)):
        raise FileError(f"{fields.place} has {len(scale)} scales and {len(zero_point)} zero points", _AGAIN)
    return GoldenTensor(
        name=fields.text("name"),
        index=fields.number("index"),
        role=role,
        dtype=dtype,
        scale=scale,
        zero_point=zero_point,
        axis=fields.number("axis", -64),
        op=fields.number_or_none("op"),
        operator=fields.text("operator"),
    )


def _record(fields: _Fields, tensor: GoldenTensor, array: Callable[[str], np.ndarray], verify: bool) -> Record:
    shape = tuple(fields.all("shape", _is_whole, "whole numbers"))
    problem = shape_problem(shape)
    if problem:
        raise FileError(f"{fields.place}: {problem}", _AGAIN)
    crc32 = int(fields.text("crc32", "[0-9a-f]{8}", "8 hexadecimal digits"), 16)
    sha256 = fields.text("sha256", "[0-9a-f]{64}", "64 hexadecimal digits")
    if "array" not in fields.given:
        if tensor.role == "input":
            raise FileError(f"{fields.place}.array is missing: without its inputs a case cannot be run", _AGAIN)
        return Record(shape, crc32, sha256)
    name = fields.text("array")
    value = native(array(name))
    if tensor.dtype == _TEXT:
        value = _texts(value, fields, name)
    elif value.dtype.name != tensor.dtype:
        raise FileError(f"the array {name!r} is {value.dtype.name}, and {_JSON} says {tensor.dtype}", _AGAIN)
    if value.shape != shape:
        raise FileError(f"the array {name!r} has the shape {list(value.shape)}, and {_JSON} says {list(shape)}", _AGAIN)
    made = Record(shape, crc32, sha256, value)
    if verify or tensor.role == "input":
        verify_record(made, f"the array {name!r}")
    return made


def verify_record(record: Record, name: str) -> None:
    """Raise FileError if values do not have the CRC32 that was recorded of them."""
    if record.value is not None and zlib.crc32(stored_bytes(record.value)) != record.crc32:
        raise FileError(f"{name} has been changed: its CRC32 is not the {record.crc32:08x} of {_JSON}", _AGAIN)


def _texts(value: np.ndarray, fields: _Fields, name: str) -> np.ndarray:
    """Text as an array of bytes objects, with the lengths that they had."""
    lengths = fields.all("lengths", lambda length: _is_whole(length) and length >= 0, "lengths of texts")
    if value.dtype.kind != "S" or len(lengths) != value.size or max(lengths, default=0) > value.dtype.itemsize:
        raise FileError(f"the array {name!r} is not {len(lengths)} texts of such lengths", _AGAIN)
    found = np.empty(value.size, object)
    found[:] = [text.ljust(length, b"\0") for text, length in zip(value.reshape(-1).tolist(), lengths, strict=True)]
    return found.reshape(value.shape)
