"""Folders appear whole or not at all, replace nothing that cannot be made again, and are not believed when they are read."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite.errors import FileError, OutOfMemoryError
from tinylite.test_vectors import formats

DIGITS = Path(tinylite.__file__).parent / "demo" / "digits_uint8.tflite"


def write(path: Path, format: str = "npy", **options: Any) -> dict[str, Any]:
    return tinylite.vectors(DIGITS, path, format=format, **options)


def contents(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


# ---- writing


def test_a_folder_that_is_in_use_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    write(tmp_path / "v")  # empty
    before = contents(tmp_path / "v")
    with pytest.raises(FileError, match=r"holds test vectors, which stay as they are\. Give another folder, or have it overwritten"):
        write(tmp_path / "v", "csv")
    assert contents(tmp_path / "v") == before
    write(tmp_path / "v", "csv", overwrite=True)
    assert {"input.csv", "output.csv", "manifest.json"} == {*contents(tmp_path / "v")}
    assert [path.name for path in tmp_path.iterdir()] == ["v"]


@pytest.mark.parametrize("name", ["notes.txt", "input.txt", "sub/notes.txt"])
def test_what_is_not_ours_is_never_replaced(name: str, tmp_path: Path) -> None:
    write(tmp_path / "v")
    (tmp_path / "v" / name).parent.mkdir(exist_ok=True)
    (tmp_path / "v" / name).write_text("mine")
    with pytest.raises(FileError, match="holds files, which stay"):
        write(tmp_path / "v", overwrite=True)
    assert (tmp_path / "v" / name).read_text() == "mine"
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "thesis.tex").write_text("mine")
    with pytest.raises(FileError, match="holds files, which stay"):
        write(tmp_path / "w", overwrite=True)


def test_places_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, problem in (
        ("file", "it is a file"),
        ("missing/v", "folder around it does not exist"),
        ("file/v", "folder around it"),
        ("a\0b", "cannot be written"),
    ):
        with pytest.raises(FileError, match=problem):
            write(tmp_path / path)
    with pytest.raises(FileError, match="empty"):
        tinylite.vectors(DIGITS, "", format="npy")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_fails_half_way_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "v")
    before = contents(tmp_path / "v")
    from tinylite.test_vectors.formats import npy

    true, calls = npy.npy_bytes, []

    def failing(values: np.ndarray) -> bytes:
        calls.append(1)
        if len(calls) == 12:
            raise KeyboardInterrupt
        return true(values)

    monkeypatch.setattr(npy, "npy_bytes", failing)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "v", each=True, overwrite=True)
    assert contents(tmp_path / "v") == before and [path.name for path in tmp_path.iterdir()] == ["v"]
    calls.clear()
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "w", each=True)
    assert [path.name for path in tmp_path.iterdir()] == ["v"]


@pytest.mark.parametrize("after", [0, 1])
def test_a_rename_that_fails_brings_back_what_was_there(after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "v")
    before = contents(tmp_path / "v")
    true, calls = os.rename, []

    def failing(source: Any, target: Any) -> None:
        calls.append(1)
        if len(calls) == after + 1:
            raise OSError(28, "No space left on device")
        true(source, target)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(FileError, match="No space left"):
        write(tmp_path / "v", "csv", overwrite=True)
    assert contents(tmp_path / "v") == before and [path.name for path in tmp_path.iterdir()] == ["v"]


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and "manifest.json" in contents(tmp_path / "real")


# ---- reading


@pytest.mark.parametrize("format", [name for name in formats.names() if name != "cmsis"])
def test_files_that_are_cut_changed_or_missing_are_named(format: str, tmp_path: Path) -> None:
    manifest = write(tmp_path / "v", format, op=1)
    for file in manifest["files"]:
        path = tmp_path / "v" / file["path"]
        content = path.read_bytes()
        path.write_bytes(content[:-1])
        with pytest.raises(FileError, match=rf"{path.name}: it has {len(content) - 1} bytes, and {len(content)} were written"):
            tinylite.read_vectors(tmp_path / "v")
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(FileError, match=rf"{path.name}: its SHA-256"):
            tinylite.read_vectors(tmp_path / "v")
        path.unlink()
        with pytest.raises(FileError, match=rf"{path.name}: there is no such file"):
            tinylite.read_vectors(tmp_path / "v")
        path.write_bytes(content)
    tinylite.read_vectors(tmp_path / "v")


@pytest.mark.parametrize("format", [name for name in formats.names() if name != "cmsis"])
def test_damaged_files_that_the_manifest_agrees_with_are_refused_or_read(format: str, tmp_path: Path) -> None:
    """Whatever is in a file, a tinylite error says so, or it holds an array of the shape and type that the manifest says."""
    manifest = write(tmp_path / "v", format, op=4)
    rng = np.random.default_rng(0)
    file = next(file for file in manifest["files"] if file["vectors"])
    path, content = tmp_path / "v" / file["path"], (tmp_path / "v" / file["path"]).read_bytes()
    refused = 0
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(int(rng.integers(1, 4))):
            at = int(rng.integers(len(damaged)))
            if rng.integers(2):
                damaged[at] = int(rng.integers(256))
            else:
                del damaged[at : at + int(rng.integers(1, 9))]
                damaged = damaged or bytearray(b"\0")
        path.write_bytes(damaged)
        file["sha256"], file["bytes"] = hashlib.sha256(damaged).hexdigest(), len(damaged)
        (tmp_path / "v" / "manifest.json").write_text(json.dumps(manifest))
        try:
            for vector in tinylite.read_vectors(tmp_path / "v").vectors:
                assert vector.values.size
        except (FileError, OutOfMemoryError):
            refused += 1
    assert refused


def _change(manifest: dict[str, Any], *way: Any, to: Any) -> None:
    inner: Any = manifest
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = to


FIRST = ("files", 0, "vectors", 0)
HOSTILE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "path up": lambda m: _change(m, "files", 0, "path", to="../v/input.npy"),
    "path inside up": lambda m: _change(m, "files", 0, "path", to="a/../../x"),
    "absolute path": lambda m: _change(m, "files", 0, "path", to="/etc/passwd"),
    "drive": lambda m: _change(m, "files", 0, "path", to="C:\\x"),
    "backslashes": lambda m: _change(m, "files", 0, "path", to="..\\x"),
    "empty path": lambda m: _change(m, "files", 0, "path", to=""),
    "path is a number": lambda m: _change(m, "files", 0, "path", to=5),
    "no path": lambda m: m["files"][0].pop("path"),
    "path with a zero byte": lambda m: _change(m, "files", 0, "path", to="a\0"),
    "long path": lambda m: _change(m, "files", 0, "path", to="a" * 5000),
    "itself": lambda m: _change(m, "files", 0, "path", to="manifest.json"),
    "twice": lambda m: m["files"].append(m["files"][0]),
    "files is a text": lambda m: _change(m, "files", to="abc"),
    "a file is a text": lambda m: _change(m, "files", 0, to="abc"),
    "no files": lambda m: m.pop("files"),
    "huge shape": lambda m: _change(m, *FIRST, "shape", to=[1 << 40, 1 << 40]),
    "large shape": lambda m: _change(m, *FIRST, "shape", to=[1 << 30]),
    "negative shape": lambda m: _change(m, *FIRST, "shape", to=[-1, 8, 8, 1]),
    "shape of floats": lambda m: _change(m, *FIRST, "shape", to=[1.0, 8, 8, 1]),
    "shape of booleans": lambda m: _change(m, *FIRST, "shape", to=[True, 8, 8, 1]),
    "another shape": lambda m: _change(m, *FIRST, "shape", to=[8, 8]),
    "many dimensions": lambda m: _change(m, *FIRST, "shape", to=[1] * 60),
    "another dtype": lambda m: _change(m, *FIRST, "dtype", to="int8"),
    "dtype of objects": lambda m: _change(m, *FIRST, "dtype", to="O"),
    "no dtype": lambda m: m["files"][0]["vectors"][0].pop("dtype"),
    "type": lambda m: _change(m, *FIRST, "type", to="STRING"),
    "scale": lambda m: _change(m, *FIRST, "scale", to="x"),
    "zero point": lambda m: _change(m, *FIRST, "zero_point", to=[0.5]),
    "case": lambda m: _change(m, *FIRST, "case", to=-1),
    "role": lambda m: _change(m, *FIRST, "role", to=None),
    "bytes": lambda m: _change(m, "files", 0, "bytes", to="many"),
    "hash": lambda m: _change(m, "files", 0, "sha256", to=None),
    "format": lambda m: _change(m, "vector_format", to="../../os"),
    "private module": lambda m: _change(m, "vector_format", to="_numbers"),
    "version": lambda m: _change(m, "format_version", to=99),
    "version is a text": lambda m: _change(m, "format_version", to="1"),
    "another file": lambda m: _change(m, "format", to="something"),
    "no arithmetic": lambda m: m.pop("arithmetic"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_manifest_is_refused(name: str, tmp_path: Path) -> None:
    manifest = write(tmp_path / "v")
    HOSTILE[name](manifest)
    (tmp_path / "v" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(FileError):
        tinylite.read_vectors(tmp_path / "v")


JUNK = (None, True, -1, 0, 1 << 70, 1 << 2000, 1.5, "", "x", "../x", [], [1], [[]], {}, "O", "float64", [1 << 40] * 3, "\ud800", "a\0")


def places(found: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to everything in a manifest."""
    inner = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    return [place for key, value in inner for place in ((*way, key), *places(value, (*way, key)))]


@pytest.mark.parametrize("format", [name for name in formats.names() if name != "cmsis"])
def test_a_manifest_of_anything_is_refused_or_read(format: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    manifest = write(tmp_path / "v", format, op=4)
    ways, refused = places(manifest), 0
    for _ in range(100):
        changed = json.loads(json.dumps(manifest))
        *outer, last = ways[rng.integers(len(ways))]
        inner = changed
        for key in outer:
            inner = inner[key]
        if rng.integers(3):
            inner[last] = JUNK[rng.integers(len(JUNK))]
        else:
            del inner[last]
        (tmp_path / "v" / "manifest.json").write_text(json.dumps(changed))
        try:
            tinylite.read_vectors(tmp_path / "v")
        except (FileError, OutOfMemoryError):
            refused += 1
    assert refused > 20


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"format": "tinylite test vectors"}'])
def test_what_is_no_manifest_is_refused(content: bytes, tmp_path: Path) -> None:
    write(tmp_path / "v")
    (tmp_path / "v" / "manifest.json").write_bytes(content)
    with pytest.raises(FileError, match=r"manifest\.json"):
        tinylite.read_vectors(tmp_path / "v")


def test_what_is_no_folder_of_vectors_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such folder"):
        tinylite.read_vectors(tmp_path / "v")
    with pytest.raises(FileError, match=r"no manifest\.json"):
        tinylite.read_vectors(tmp_path)
    with pytest.raises(FileError, match="no such folder"):
        tinylite.read_vectors(DIGITS)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "v")
    (tmp_path / "v" / "input.npy").rename(tmp_path / "input.npy")
    (tmp_path / "v" / "input.npy").symlink_to(tmp_path / "input.npy")
    with pytest.raises(FileError, match="leads out of the folder"):
        tinylite.read_vectors(tmp_path / "v")


def test_settings_of_lines_are_not_believed(tmp_path: Path) -> None:
    wrong: list[tuple[str, Any]] = [("bits_per_line", to) for to in (10**9, 12, "8", -8)]
    wrong += [("order", to) for to in ([0, 0, 1, 2], [9], "x", [None] * 4)]
    for key, to in wrong:
        manifest = write(tmp_path / "v", "memh", overwrite=True)
        _change(manifest, *FIRST, key, to=to)
        (tmp_path / "v" / "manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(FileError, match="cannot be read"):
            tinylite.read_vectors(tmp_path / "v")
