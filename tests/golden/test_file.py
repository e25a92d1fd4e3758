"""Files of goldens: what they hold, that they come back, and that none is overwritten."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tinylite import golden
from tinylite.errors import FileError, OutOfMemoryError
from tinylite.golden.golden import stored_bytes

from ..small_models import DEMO

DIGITS = DEMO / "digits_uint8.tflite"


@pytest.fixture(scope="module")
def digits() -> golden.Golden:
    return golden.record(DIGITS, cases=2, layers=True)


def test_a_golden_comes_back(digits: golden.Golden, tmp_path: Path) -> None:
    golden.save(digits, tmp_path / "g.npz")
    found = golden.load(tmp_path / "g.npz")
    assert found == digits and found.path == str(tmp_path / "g.npz")
    for mine, theirs in zip(digits.cases, found.cases, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(a.value, b.value, strict=True)


def test_plain_numpy_reads_it(digits: golden.Golden, tmp_path: Path) -> None:
    golden.save(digits, tmp_path / "g.npz")
    with np.load(tmp_path / "g.npz") as arrays:
        described = json.loads(arrays["golden.json"])
        assert described["format_version"] == 1 and described["model"] == DIGITS.name
        for tensor, record in zip(described["tensors"], described["cases"][1], strict=True):
            values = arrays[record["array"]]
            assert values.dtype.name == tensor["dtype"] and list(values.shape) == record["shape"]
        assert "1/conv_1_Relu" in arrays


def test_the_same_golden_is_the_same_bytes(digits: golden.Golden, tmp_path: Path) -> None:
    for name in "ab":
        golden.save(digits, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_arrays_begin_at_aligned_places(digits: golden.Golden, tmp_path: Path) -> None:
    golden.save(digits, tmp_path / "g.npz")
    found = golden.load(tmp_path / "g.npz")
    starts = {record.value.ctypes.data % 16 for case in found.cases for record in case}
    assert starts == {0}


def test_nothing_is_overwritten_unless_asked(digits: golden.Golden, tmp_path: Path) -> None:
    path = tmp_path / "g.npz"
    path.write_bytes(b"mine")
    with pytest.raises(FileError, match="there is such a file already"):
        golden.save(digits, path)
    assert path.read_bytes() == b"mine" and list(tmp_path.iterdir()) == [path]
    golden.save(digits, path, overwrite=True)
    assert golden.load(path) == digits


# ---- files that are not what they say


def _entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def _write(path: Path, entries: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def _npy(values: Any) -> bytes:
    written = io.BytesIO()
    np.save(written, values, allow_pickle=True)
    return written.getvalue()


def _edit(keys: tuple[str | int, ...], value: Any) -> Callable[[dict[str, bytes]], None]:
    """Set, or with _GONE take away, a value in golden.json."""

    def change(entries: dict[str, bytes]) -> None:
        described = json.loads(entries["golden.json"])
        inner = described
        for key in keys[:-1]:
            inner = inner[key]
        if value is _GONE:
            del inner[keys[-1]]
        else:
            inner[keys[-1]] = value
        entries["golden.json"] = json.dumps(described).encode()

    return change


def _put(name: str, content: bytes | None) -> Callable[[dict[str, bytes]], None]:
    def change(entries: dict[str, bytes]) -> None:
        if content is None:
            del entries[name]
        else:
            entries[name] = content

    return change


_GONE = object()
_SCORES = "1/scores.npy"
BROKEN: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "no golden.json": (_put("golden.json", None), "it has no member golden.json"),
    "not JSON": (_put("golden.json", b"{"), "it is not JSON"),
    "not UTF-8": (_put("golden.json", b"\xff\xfe{}"), "it is not JSON"),
    "deep JSON": (_put("golden.json", b"[" * 100_000), "it is not JSON"),
    "NaN": (_put("golden.json", b'{"format": NaN}'), "NaN is not JSON"),
    "a list": (_put("golden.json", b"[]"), r"it is \[\], not an object"),
    "another format": (_edit(("format",), "recipe"), "its format is 'recipe'"),
    "no format": (_edit(("format",), _GONE), "its format is None"),
    "a newer format": (_edit(("format_version",), 2), "version 2 of the format, and this tinylite reads version 1"),
    "a format that is a text": (_edit(("format_version",), "1"), "format_version is '1', not a whole number"),
    "a format that is true": (_edit(("format_version",), True), "format_version is True"),
    "no arithmetic": (_edit(("arithmetic",), _GONE), "arithmetic is missing"),
    "an arithmetic that is a number": (_edit(("arithmetic",), 3), "arithmetic is 3, not a text"),
    "a short hash": (_edit(("model_sha256",), "abc"), "model_sha256 is 'abc', not 64 hexadecimal digits"),
    "a negative seed": (_edit(("seed",), -1), "seed is -1"),
    "layers that are a number": (_edit(("layers",), 1), "layers is 1, not true or false"),
    "notes that are none": (_edit(("notes",), [1]), r"notes is \[1\], not a list of texts"),
    "tensors that are a text": (_edit(("tensors",), "x"), "tensors is 'x', not a list"),
    "a tensor that is a number": (_edit(("tensors", 1), 5), r"tensors\[1\] is 5, not an object"),
    "a tensor without a name": (_edit(("tensors", 1, "name"), _GONE), r"tensors\[1\].name is missing"),
    "a role that there is not": (_edit(("tensors", 1, "role"), "hidden"), "role is 'hidden', not one of input, output, layer"),
    "a type that there is not": (_edit(("tensors", 1, "dtype"), "object"), "dtype is 'object'"),
    "a scale that no float holds": (_edit(("tensors", 1, "scale"), [10**400]), "scale is"),
    "a scale that is a text": (_edit(("tensors", 1, "scale"), ["0.5"]), "scale is"),
    "two zero points": (_edit(("tensors", 1, "zero_point"), [1, 2]), "1 scales and 2 zero points"),
    "a huge zero point": (_edit(("tensors", 1, "zero_point"), [1 << 70]), "zero_point is"),
    "too few records": (_edit(("cases", 1), []), r"cases\[1\] has 0 records, and there are 6 tensors"),
    "too few tensors": (_edit(("tensors", 5), _GONE), r"cases\[0\] has 6 records, and there are 5 tensors"),
    "a negative shape": (_edit(("cases", 0, 1, "shape"), [-1, 10]), "has a negative dimension"),
    "a huge shape": (_edit(("cases", 0, 1, "shape"), [1 << 40, 1 << 40]), "more elements than any memory holds"),
    "another shape": (_edit(("cases", 1, 1, "shape"), [10, 1]), r"has the shape \[1, 10\], and golden.json says \[10, 1\]"),
    "another CRC32": (_edit(("cases", 1, 1, "crc32"), "00000000"), "the array '1/scores' has been changed"),
    "a CRC32 that is a number": (_edit(("cases", 1, 1, "crc32"), 7), "crc32 is 7, not 8 hexadecimal digits"),
    "an array that is not there": (_edit(("cases", 1, 1, "array"), "../../etc/passwd"), "there is no array '../../etc/passwd'"),
    "an input without an array": (_edit(("cases", 1, 0, "array"), _GONE), "without its inputs a case cannot be run"),
    "no array": (_put(_SCORES, None), "there is no array '1/scores'"),
    "an array of another type": (_put(_SCORES, _npy(np.zeros((1, 10), np.int8))), "is int8, and golden.json says uint8"),
    "other values": (_put(_SCORES, _npy(np.zeros((1, 10), np.uint8))), "has been changed: its CRC32"),
    "an array of pickles": (_put(_SCORES, _npy(np.array([{}], object))), "it holds Python objects"),
    "an array that is none": (_put(_SCORES, b"scores"), "does not begin as an .npy file does"),
    "an empty array file": (_put(_SCORES, b""), "does not begin as an .npy file does"),
    "an array that is cut off": (_put(_SCORES, _npy(np.zeros((1, 10), np.uint8))[:-1]), "is cut off"),
    "an array of a huge shape": (_put(_SCORES, _npy(np.zeros((1, 10), np.uint8)).replace(b"(1, 10)", b"(9999999,)")), "takes|damaged"),
    "a long header": (_put(_SCORES, b"\x93NUMPY\x02\x00\xff\xff\xff\x7f{}"), "its header"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_golden_is_an_error_with_place_and_remedy(name: str, digits: golden.Golden, tmp_path: Path) -> None:
    edit, text = BROKEN[name]
    golden.save(digits, tmp_path / "whole.npz")
    entries = _entries(tmp_path / "whole.npz")
    edit(entries)
    with pytest.raises(FileError, match=text) as caught:
        golden.load(_write(tmp_path / "g.npz", entries))
    assert str(caught.value).startswith(str(tmp_path / "g.npz")) and caught.value.remedy


def test_a_golden_that_is_cut_off_anywhere_is_an_error(digits: golden.Golden, tmp_path: Path) -> None:
    golden.save(digits, tmp_path / "whole.npz")
    content = (tmp_path / "whole.npz").read_bytes()
    for size in [*range(0, len(content), 499), len(content) - 1]:
        (tmp_path / "g.npz").write_bytes(content[:size])
        with pytest.raises(FileError):
            golden.load(tmp_path / "g.npz")


def test_a_changed_byte_is_found_or_changes_nothing(digits: golden.Golden, tmp_path: Path) -> None:
    golden.save(digits, tmp_path / "whole.npz")
    content = (tmp_path / "whole.npz").read_bytes()
    random = np.random.default_rng(5)
    found = 0
    for place in random.integers(0, len(content), 300):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(random.integers(8))
        (tmp_path / "g.npz").write_bytes(damaged)
        try:
            assert golden.load(tmp_path / "g.npz") == digits
        except FileError:
            found += 1
    assert found > 200


def test_two_members_of_one_name_are_an_error(digits: golden.Golden, tmp_path: Path) -> None:
    golden.save(digits, tmp_path / "g.npz")
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(tmp_path / "g.npz", "a") as archive:
        archive.writestr(_SCORES, b"")
    with pytest.raises(FileError, match=r"two members '1/scores\.npy'"):
        golden.load(tmp_path / "g.npz")


def test_a_golden_may_be_compressed_by_others(digits: golden.Golden, tmp_path: Path) -> None:
    golden.save(digits, tmp_path / "g.npz")
    assert golden.load(_write(tmp_path / "h.npz", _entries(tmp_path / "g.npz"), zipfile.ZIP_DEFLATED)) == digits


def test_a_golden_that_unpacks_to_more_than_is_allowed_is_refused(
    digits: golden.Golden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    golden.save(digits, tmp_path / "g.npz")
    entries = _entries(tmp_path / "g.npz")
    entries["zeros"] = bytes(50_000_000)
    _write(tmp_path / "h.npz", entries, zipfile.ZIP_DEFLATED)
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", "20e6")
    with pytest.raises(OutOfMemoryError, match="are allowed"):
        golden.load(tmp_path / "h.npz")
    assert golden.load(tmp_path / "g.npz") == digits


@pytest.mark.parametrize("content", [b"", b"PK", b"TFL3", b"\x93NUMPY\x01\x00"])
def test_what_is_not_an_archive_is_an_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "g.npz").write_bytes(content)
    with pytest.raises(FileError, match="not a golden"):
        golden.load(tmp_path / "g.npz")


def test_a_path_that_leads_nowhere_is_an_error(digits: golden.Golden, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no such file"):
        golden.load(tmp_path / "g.npz")
    with pytest.raises(FileError, match="its directory does not exist"):
        golden.save(digits, tmp_path / "none" / "g.npz")
    with pytest.raises(FileError, match="it is a directory"):
        golden.save(digits, tmp_path)


def test_without_verifying_only_inputs_are_checked(digits: golden.Golden, tmp_path: Path) -> None:
    golden.save(digits, tmp_path / "g.npz")
    entries = _entries(tmp_path / "g.npz")
    for name, error in ((_SCORES, False), ("1/picture.npy", True)):
        changed = {**entries, name: entries[name][:-1] + b"\x55"}
        path = _write(tmp_path / "h.npz", changed)
        if error:
            with pytest.raises(FileError, match="has been changed"):
                golden.load(path, verify=False)
        else:
            golden.load(path, verify=False)
            with pytest.raises(FileError, match="'scores' of case 1 has been changed"):
                golden.check(path, DIGITS)


def test_a_failed_write_leaves_nothing(digits: golden.Golden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    golden.save(digits, tmp_path / "g.npz")
    before = (tmp_path / "g.npz").read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(FileError, match="No space left"):
        golden.save(digits, tmp_path / "g.npz", overwrite=True)
    assert (tmp_path / "g.npz").read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_of_several_writers_of_a_new_golden_one_wins(digits: golden.Golden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that comes to be while another is written is not replaced either."""
    exists, written = os.path.lexists, []

    def appear(descriptor: int) -> None:
        if not written:
            written.append(descriptor)
            (tmp_path / "g.npz").write_bytes(b"another's")

    monkeypatch.setattr("os.fsync", appear)
    with pytest.raises(FileError, match="there is such a file already"):
        golden.save(digits, tmp_path / "g.npz")
    assert (tmp_path / "g.npz").read_bytes() == b"another's" and exists(tmp_path / "g.npz") and len(list(tmp_path.iterdir())) == 1


# ---- whatever a golden holds

_NAMES = [
    "",
    "a",
    "a",
    "A",
    "a/b",
    "../a",
    "..",
    ".",
    "/etc/passwd",
    "a\\b",
    "con",
    "a\0b",
    "\n",
    "é" * 300,
    "golden.json",
    "0",
    "a.npy",
    "x" * 300,
]


@st.composite
def goldens(draw: st.DrawFn) -> golden.Golden:
    tensors = []
    for index in range(draw(st.integers(1, 5))):
        dtype = draw(
            st.sampled_from(["int8", "uint8", "int16", "int64", "uint64", "float16", "float32", "float64", "complex64", "bool", "str"])
        )
        scales = draw(st.lists(st.floats(width=32), max_size=3))
        tensors.append(
            golden.GoldenTensor(
                name=draw(st.one_of(st.sampled_from(_NAMES), st.text(max_size=8))), index=draw(st.integers(0, 4)),
                role="input" if not index else draw(st.sampled_from(["input", "output", "layer"])), dtype=dtype, scale=tuple(scales),
                zero_point=tuple(draw(st.integers(-(1 << 63), (1 << 63) - 1)) for _ in scales), axis=draw(st.integers(0, 3)),
                op=draw(st.none() | st.integers(0, 9)), operator=draw(st.sampled_from(["", "CONV_2D"])),
            )
        )  # fmt: skip
    return golden.Golden(
        model=draw(st.text(max_size=8)), model_sha256="0" * 64, arithmetic="litert-reference", arithmetic_version=1, tinylite="0.1.0",
        seed=draw(st.none() | st.integers(0, 99)), cpu=draw(st.text(max_size=5)), layers=draw(st.booleans()), tensors=tuple(tensors),
        cases=tuple(tuple(draw(records(tensor)) for tensor in tensors) for _ in range(draw(st.integers(0, 3)))),
        graph=draw(st.integers(0, 3)), notes=tuple(draw(st.lists(st.text(max_size=5), max_size=2))),
    )  # fmt: skip


@st.composite
def records(draw: st.DrawFn, tensor: golden.GoldenTensor) -> golden.Record:
    shape = tuple(draw(st.lists(st.integers(0, 3), max_size=4)))
    if tensor.dtype == "str":
        values = np.empty(shape, object)
        for place in np.ndindex(shape):
            values[place] = draw(st.binary(max_size=4))
    else:
        values = np.frombuffer(draw(st.binary(min_size=8 * 81, max_size=8 * 81)), np.uint8).copy()
        dtype = np.dtype(tensor.dtype)
        count = int(np.prod(shape))
        values = (values[:count] & 1).astype(bool) if dtype.kind == "b" else values.view(dtype)[:count]
        values = values.reshape(shape)
    return golden.Record.of(values, keep=tensor.role == "input" or draw(st.booleans()))


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(made=goldens())
def test_every_golden_comes_back(made: golden.Golden, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("golden") / "g.npz"
    golden.save(made, path)
    found = golden.load(path)
    assert repr(found.tensors) == repr(made.tensors)  # scales may be NaN
    assert found.cases == made.cases
    for name in ("model", "seed", "cpu", "layers", "graph", "notes"):
        assert getattr(found, name) == getattr(made, name)
    for mine, theirs in zip(made.cases, found.cases, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            assert (a.value is None) == (b.value is None)
            if a.value is not None and b.value is not None:
                assert a.value.dtype == b.value.dtype and stored_bytes(a.value) == stored_bytes(b.value)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        archive.extractall(path.parent / "unpacked")
    assert len({name.lower() for name in names}) == len(names)
    with np.load(path) as arrays:
        for name in arrays.files:
            arrays[name]
