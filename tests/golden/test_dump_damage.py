"""Dumps that are damaged, or made to do harm: only tinylite's errors leave, with the place."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tinylite.errors import FileError, OutOfMemoryError, TinyliteError

from .dump_writers import WRITERS, drawn, read
from .goldens import golden_of

ZEROS = [np.zeros(3, np.int8)]


def test_pipes_and_devices_are_not_read(tmp_path: Path) -> None:
    golden = golden_of({"y": ZEROS})
    for name in ("y.npy", "y.bin", "y.txt"):
        os.mkfifo(tmp_path / name)
        with pytest.raises(FileError, match="a pipe, a socket or a device"):
            read(tmp_path / name, golden)
    with pytest.raises(FileError, match=r"y\.bin: it is a pipe"):
        read(tmp_path, golden)
    with pytest.raises(FileError, match="a pipe, a socket or a device"):
        read(Path("/dev/zero"), golden)


def test_python_objects_are_refused(tmp_path: Path) -> None:
    objects = np.array([{"a": 1}], object)
    np.save(tmp_path / "y.npy", objects, allow_pickle=True)
    np.savez(tmp_path / "y.npz", y=objects)
    for name in ("y.npy", "y.npz"):
        with pytest.raises(FileError, match=f"{name}.*Python objects"):
            read(tmp_path / name, golden_of({"y": ZEROS}))


def test_what_unfolds_to_more_than_is_allowed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", "1e6")
    np.savez_compressed(tmp_path / "y.npz", y=np.zeros(2_000_000, np.int8))
    (tmp_path / "y.csv").write_text("1," * 50_000)
    (tmp_path / "y.mem").write_text("00 " * 50_000)
    for name in ("y.npz", "y.csv", "y.mem"):
        with pytest.raises(OutOfMemoryError):
            read(tmp_path / name, golden_of({"y": ZEROS}))


@pytest.mark.parametrize(
    ("dtype", "text", "problem"),
    [
        ("int8", f"1 2 0x{'f' * 4000}", "line 1: a number of 16000 bits is not from -128 to 127"),
        ("int8", f"1 2 {'9' * 5000}", r"line 1: '99.*\(5000 characters\) is not from -128 to 127"),
        ("int8", f"0x1 0x2 0x{'f' * 4000}", "line 1: a number of 16000 bits has more bits than int8"),
        ("float32", "0x1 0x2 0x100000000", "line 1: 0x100000000 has more bits than float32"),
    ],
)
def test_numbers_of_any_length_are_refused(dtype: str, text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "y.csv").write_text(text)
    with pytest.raises(FileError, match=problem):
        read(tmp_path / "y.csv", golden_of({"y": [np.zeros(3, dtype)]}))


def test_hexadecimal_numbers_among_decimal_ones_are_values(tmp_path: Path) -> None:
    (tmp_path / "y.csv").write_text(f"-0x10, 1.5, 0x{'f' * 400}")
    found = read(tmp_path / "y.csv", golden_of({"y": [np.zeros(3, np.float32)]}))["y"]
    np.testing.assert_array_equal(found, np.array([-16, 1.5, np.inf], np.float32))


@pytest.mark.parametrize(
    "array",
    [
        '{"file": "other.mem", "bits_per_line": [1], "lanes": {}}',
        '{"file": "y.mem", "bits_per_line": 24.0, "lanes": "lsb-first"}',
        '{"file": "y.mem", "bits_per_line": 24, "lanes": ["lsb-first"]}',
        '{"file": "y.mem", "bits_per_line": true}',
        "[]",
        "3",
    ],
)
def test_a_layout_of_other_types_is_an_error(array: str, tmp_path: Path) -> None:
    (tmp_path / "y.mem").write_text("010203\n")
    (tmp_path / "layout.json").write_text(f'{{"arrays": [{array}]}}')
    with pytest.raises(FileError, match=r"y\.mem, layout\.json: it is not as tinylite vectors writes it"):
        read(tmp_path / "y.mem", golden_of({"y": ZEROS}))


def test_damaged_files_are_errors_with_their_place(tmp_path: Path) -> None:
    """Whatever is cut off or changed, only tinylite's errors leave."""
    golden = golden_of({"scores": drawn("int16", cases=2)}, inputs={"x": drawn("int8", cases=2)})
    rng = np.random.default_rng(0)
    refused = 0
    for number, write in enumerate(WRITERS[:-3]):
        (tmp_path / str(number)).mkdir()
        path = write(tmp_path / str(number), "scores", [case[1].value for case in golden.cases])  # type: ignore[misc]
        whole = path.read_bytes()
        for attempt in range(60):
            content = bytearray(whole)
            if attempt % 2:
                del content[rng.integers(len(content)) :]
            else:
                for _ in range(rng.integers(1, 5)):
                    content[rng.integers(len(content))] = rng.integers(256)
            path.write_bytes(content)
            try:
                read(path, golden)
                read(path, golden, 1)
            except TinyliteError as error:
                refused += 1
                assert path.name in str(error)
    assert refused > 300
